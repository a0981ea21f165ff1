package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.LlmRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Translates a body of OpenAI's chat completions to the neutral form, for a model of Anthropic or
 * Gemini. What that model could not heed is refused, unless it says what holds without it anyway.
 */
final class ChatTranslation {
  private static final String MAX_TOKENS = "max_tokens";
  private static final String MAX_COMPLETION_TOKENS = "max_completion_tokens";
  private static final Set<String> READ_APART =
      Set.of("model", "messages", "stream", "response_format", MAX_TOKENS, MAX_COMPLETION_TOKENS);

  private static final Set<String> PASSED =
      Set.of("temperature", "top_p", "stop", "tools", "tool_choice", "user");
  private static final Set<String> PASSED_TO_GEMINI =
      Set.of("n", "seed", "presence_penalty", "frequency_penalty");

  /** These have no effect with these values. */
  private static final Map<String, Set<String>> WITHOUT_EFFECT =
      Map.ofEntries(
          Map.entry("n", Set.of("1")),
          Map.entry("presence_penalty", Set.of("0", "0.0")),
          Map.entry("frequency_penalty", Set.of("0", "0.0")),
          Map.entry("logprobs", Set.of("false")),
          Map.entry("top_logprobs", Set.of("0")),
          Map.entry("logit_bias", Set.of("{}")),
          Map.entry("store", Set.of("false")),
          Map.entry("metadata", Set.of("{}")),
          Map.entry("parallel_tool_calls", Set.of("true")),
          Map.entry("modalities", Set.of("[\"text\"]")),
          Map.entry("service_tier", Set.of("\"auto\"", "\"default\"")));

  private final String path;
  private final ProviderKind provider;
  private final Set<String> calls = new HashSet<>();

  private ChatTranslation(String path, ProviderKind provider) {
    this.path = path;
    this.provider = provider;
  }

  /**
   * @param path of the body, for the messages of problems
   * @param body with messages, a list that is not empty
   */
  static LlmRequest.Messages translate(ObjectNode body, String path, ProviderKind provider)
      throws InvalidSubmissionException {
    return new ChatTranslation(path, provider).translate(body);
  }

  private LlmRequest.Messages translate(ObjectNode body) throws InvalidSubmissionException {
    List<String> system = new ArrayList<>();
    ArrayNode turns = body.arrayNode();
    JsonNode messages = body.path("messages");
    for (int i = 0; i < messages.size(); i++) {
      String at = path + ".messages[" + i + "]";
      if (!(messages.get(i) instanceof ObjectNode message)) {
        throw Fields.wrongType(at, "a {\"role\", \"content\"} object");
      }
      String role = message.path("role").asText("");
      if (role.equals("system") || role.equals("developer")) {
        allow(message, at, Set.of("role", "content"));
        system.add(text(message.path("content"), at + ".content"));
      } else {
        turn(message, role, at);
        turns.add(message);
      }
    }
    if (turns.isEmpty()) {
      throw Fields.invalid(
          path + ".messages", "One of them must be another than a system message.");
    }
    Optional<String> joined =
        system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n\n", system));
    return new LlmRequest.Messages(joined, turns, params(body));
  }

  private void turn(ObjectNode message, String role, String at) throws InvalidSubmissionException {
    switch (role) {
      case "user" -> {
        allow(message, at, Set.of("role", "content"));
        content(message.path("content"), at + ".content");
      }
      case "assistant" -> {
        allow(message, at, Set.of("role", "content", "tool_calls"));
        boolean callsTools = message.path("tool_calls").isArray();
        if (!callsTools || message.hasNonNull("content")) {
          content(message.path("content"), at + ".content");
        }
        for (int i = 0; i < message.path("tool_calls").size(); i++) {
          call(message.path("tool_calls").get(i), at + ".tool_calls[" + i + "]");
        }
      }
      case "tool" -> {
        // Its name repeats that of the call it answers.
        allow(message, at, Set.of("role", "content", "tool_call_id", "name"));
        text(message.path("content"), at + ".content");
        if (!calls.contains(message.path("tool_call_id").asText(""))) {
          throw Fields.invalid(
              at + ".tool_call_id", "It must be that of a tool call in a message before.");
        }
      }
      default ->
          throw Fields.invalid(
              at + ".role", "It must be system, developer, user, assistant or tool.");
    }
  }

  private void call(JsonNode call, String at) throws InvalidSubmissionException {
    JsonNode function = call.path("function");
    if (!function.path("name").isTextual() || !call.path("id").isTextual()) {
      throw Fields.invalid(
          at, "It must have an id and a function; other calls have no place here.");
    }
    String arguments = function.path("arguments").asText("");
    try {
      if (!arguments.isBlank() && !StrictJson.read(StrictJson.utf8(arguments)).isObject()) {
        throw Fields.wrongType(at + ".function.arguments", "a JSON object, as text");
      }
    } catch (MalformedJsonException e) {
      throw Fields.wrongType(at + ".function.arguments", "a JSON object, as text");
    }
    calls.add(call.path("id").textValue());
  }

  private void content(JsonNode content, String at) throws InvalidSubmissionException {
    if (content.isTextual()) {
      return;
    }
    if (!content.isArray() || content.isEmpty()) {
      throw Fields.wrongType(at, "a string or a list of parts");
    }
    for (int i = 0; i < content.size(); i++) {
      part(content.get(i), at + "[" + i + "]");
    }
  }

  private void part(JsonNode part, String at) throws InvalidSubmissionException {
    switch (part.path("type").asText("")) {
      case "text" -> {
        if (!part.path("text").isTextual()) {
          throw Fields.wrongType(at + ".text", "a string");
        }
      }
      case "image_url" -> {
        JsonNode image = part.path("image_url");
        if (!image.path("url").isTextual()) {
          throw Fields.wrongType(at + ".image_url.url", "a string");
        }
        if (image.path("detail").asText("auto").equals("low")) {
          throw unheard(at + ".image_url.detail");
        }
      }
      case "file" -> {
        if (!part.path("file").path("file_data").asText("").startsWith("data:")) {
          throw Fields.invalid(at + ".file", "It must have file_data with a data: URL.");
        }
      }
      case "input_audio" -> {
        if (provider != ProviderKind.GEMINI) {
          throw unheard(at);
        }
      }
      default -> throw unheard(at);
    }
  }

  /** What a system or tool message says. */
  private static String text(JsonNode content, String at) throws InvalidSubmissionException {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray() || content.isEmpty()) {
      throw Fields.wrongType(at, "a string or a list of parts");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode part : content) {
      if (!part.path("text").isTextual()) {
        throw Fields.wrongType(at, "a string or a list of parts that are text");
      }
      texts.add(part.path("text").textValue());
    }
    return String.join("\n", texts);
  }

  private ObjectNode params(ObjectNode body) throws InvalidSubmissionException {
    ObjectNode params = StrictJson.object();
    for (Map.Entry<String, JsonNode> each : body.properties()) {
      String name = each.getKey();
      JsonNode value = each.getValue();
      if (READ_APART.contains(name) || value.isNull()) {
        continue;
      }
      boolean passed =
          PASSED.contains(name)
              || (provider == ProviderKind.GEMINI && PASSED_TO_GEMINI.contains(name));
      if (passed) {
        params.set(name, value);
      } else if (!WITHOUT_EFFECT.getOrDefault(name, Set.of()).contains(value.toString())) {
        throw unheard(path + "." + name);
      }
    }
    maxTokens(body).ifPresent(limit -> params.set("max_output_tokens", limit));
    checkTemperature(body.path("temperature"));
    checkTools(body.path("tools"));
    AnswerShape.ofResponseFormat(body.path("response_format"), path + ".response_format")
        .addTo(params, provider, path + ".response_format");
    return params;
  }

  private Optional<JsonNode> maxTokens(ObjectNode body) throws InvalidSubmissionException {
    if (body.hasNonNull(MAX_TOKENS) && body.hasNonNull(MAX_COMPLETION_TOKENS)) {
      throw Fields.invalid(
          path + "." + MAX_TOKENS, "Give only one of max_tokens and max_completion_tokens.");
    }
    String name = body.hasNonNull(MAX_TOKENS) ? MAX_TOKENS : MAX_COMPLETION_TOKENS;
    JsonNode limit = body.path(name);
    if (!body.hasNonNull(name)) {
      return Optional.empty();
    }
    if (!limit.isIntegralNumber() || !limit.canConvertToLong() || limit.longValue() < 1) {
      throw Fields.wrongType(path + "." + name, "a whole number, at least 1");
    }
    return Optional.of(limit);
  }

  private void checkTemperature(JsonNode temperature) throws InvalidSubmissionException {
    if (provider == ProviderKind.ANTHROPIC && temperature.asDouble() > 1) {
      throw Fields.invalid(path + ".temperature", "A model of provider anthropic takes 1 at most.");
    }
  }

  private void checkTools(JsonNode tools) throws InvalidSubmissionException {
    for (int i = 0; i < tools.size(); i++) {
      if (!tools.path(i).path("function").path("name").isTextual()) {
        throw Fields.invalid(
            path + ".tools[" + i + "]",
            "Only functions can be passed on to a model of provider " + provider.wireName() + ".");
      }
    }
  }

  private void allow(ObjectNode object, String at, Set<String> names)
      throws InvalidSubmissionException {
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      JsonNode value = each.getValue();
      boolean says = !value.isNull() && !(value.isContainerNode() && value.isEmpty());
      if (says && !names.contains(each.getKey())) {
        throw unheard(at + "." + each.getKey());
      }
    }
  }

  private InvalidSubmissionException unheard(String field) {
    return Fields.invalid(
        field,
        "A model of provider "
            + provider.wireName()
            + " cannot be asked this through /v1/chat/completions; remove it, or name another"
            + " model.");
  }
}
