package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Translates the neutral forms to a body of Gemini's generateContent. */
final class GeminiRequest {
  private static final String CONTENT = "content";
  private static final String PARTS = "parts";
  private static final String CONFIG = "generationConfig";
  private static final List<String> TAKEN =
      List.of("model", "contents", "systemInstruction", "system_instruction");
  private static final Map<String, String> CONFIG_NAMES =
      Map.ofEntries(
          Map.entry("top_p", "topP"),
          Map.entry("top_k", "topK"),
          Map.entry("max_tokens", "maxOutputTokens"),
          Map.entry("max_output_tokens", "maxOutputTokens"),
          Map.entry("max_completion_tokens", "maxOutputTokens"),
          Map.entry("presence_penalty", "presencePenalty"),
          Map.entry("frequency_penalty", "frequencyPenalty"),
          Map.entry("n", "candidateCount"));

  /** These stand beside the generation's settings, not among them. */
  private static final Set<String> BESIDE =
      Set.of(
          "toolConfig",
          "tool_config",
          "safetySettings",
          "safety_settings",
          "cachedContent",
          "cached_content",
          "labels",
          "serviceTier",
          "store");

  private final Map<String, String> functionByCall = new HashMap<>();

  private GeminiRequest() {}

  static ObjectNode of(LlmRequest request, CallOptions options) {
    NeutralRequest neutral = NeutralRequest.of(request);
    Requests.refuseParams(neutral.params(), TAKEN);
    ObjectNode body = Json.object();
    neutral
        .systemText(Optional.empty())
        .ifPresent(
            text ->
                body.putObject("systemInstruction").putArray(PARTS).addObject().put("text", text));
    body.set("contents", new GeminiRequest().contents(neutral.turns()));
    ObjectNode config = Json.object();
    neutral.params().properties().forEach(each -> param(body, config, each));
    options
        .outputSchema()
        .ifPresent(
            schema ->
                config
                    .put("responseMimeType", "application/json")
                    .set("responseJsonSchema", schema));
    if (!config.isEmpty()) {
      body.set(CONFIG, config);
    }
    return body;
  }

  private static void param(ObjectNode body, ObjectNode config, Map.Entry<String, JsonNode> param) {
    String name = param.getKey();
    JsonNode value = param.getValue();
    if (value.isNull() || name.equals("stream") || name.equals("user")) {
      return;
    }
    if (BESIDE.contains(name)) {
      body.set(name, value);
      return;
    }
    switch (name) {
      case CONFIG, "generation_config" -> value.properties().forEach(e -> set(config, e));
      case "stop" ->
          config.set(
              "stopSequences", value.isArray() ? value : Json.MAPPER.createArrayNode().add(value));
      case "tools" -> body.set("tools", tools(value));
      case "tool_choice" -> body.set("toolConfig", toolConfig(value));
      default -> config.set(CONFIG_NAMES.getOrDefault(name, name), value);
    }
  }

  private static void set(ObjectNode config, Map.Entry<String, JsonNode> entry) {
    config.set(entry.getKey(), entry.getValue());
  }

  private static ArrayNode tools(JsonNode tools) {
    ArrayNode made = Json.MAPPER.createArrayNode();
    ArrayNode functions = Json.MAPPER.createArrayNode();
    for (JsonNode tool : tools) {
      JsonNode function = tool.path("function");
      if (!function.isObject()) {
        made.add(tool); // in this provider's form already
        continue;
      }
      ObjectNode own = functions.addObject();
      own.set("name", function.path("name"));
      if (function.hasNonNull("description")) {
        own.set("description", function.path("description"));
      }
      if (function.path("parameters").isObject()) {
        own.set("parametersJsonSchema", function.path("parameters"));
      }
    }
    if (!functions.isEmpty()) {
      made.addObject().set("functionDeclarations", functions);
    }
    return made;
  }

  private static ObjectNode toolConfig(JsonNode choice) {
    ObjectNode config = Json.object();
    ObjectNode calling = config.putObject("functionCallingConfig");
    String only = choice.path("function").path("name").asText("");
    if (!only.isEmpty()) {
      calling.put("mode", "ANY").putArray("allowedFunctionNames").add(only);
      return config;
    }
    String mode =
        switch (choice.asText()) {
          case "none" -> "NONE";
          case "required" -> "ANY";
          default -> "AUTO";
        };
    calling.put("mode", mode);
    return config;
  }

  private ArrayNode contents(List<JsonNode> turns) {
    ArrayNode contents = Json.MAPPER.createArrayNode();
    boolean inToolResults = false;
    for (JsonNode turn : turns) {
      String role = turn.path("role").asText();
      if (role.equals("tool")) {
        ArrayNode results =
            inToolResults
                ? (ArrayNode) contents.get(contents.size() - 1).path(PARTS)
                : contents.addObject().put("role", "user").putArray(PARTS);
        results.add(toolResult(turn));
        inToolResults = true;
      } else {
        inToolResults = false;
        contents.addObject().put("role", role(role)).set(PARTS, parts(turn));
      }
    }
    return contents;
  }

  private static String role(String role) {
    return switch (role) {
      case "user" -> "user";
      case "assistant", "model" -> "model";
      default ->
          throw Requests.refused(
              "the role of a message must be system, developer, user, assistant or tool for this"
                  + " provider");
    };
  }

  /** This API knows results by the function's name, which only the call says. */
  private ObjectNode toolResult(JsonNode turn) {
    String call = turn.path("tool_call_id").asText();
    String name = functionByCall.get(call);
    if (name == null) {
      throw Requests.refused(
          "a tool message must follow the assistant's message that holds its tool_call_id");
    }
    ObjectNode part = Json.object();
    part.putObject("functionResponse")
        .put("name", name)
        .putObject("response")
        .put("result", NeutralRequest.text(turn.path(CONTENT)));
    return part;
  }

  private ArrayNode parts(JsonNode turn) {
    ArrayNode parts = Json.MAPPER.createArrayNode();
    JsonNode content = turn.path(CONTENT);
    JsonNode calls = turn.path("tool_calls");
    if (content.isTextual() && !(calls.isArray() && content.textValue().isBlank())) {
      parts.addObject().put("text", content.textValue());
    }
    if (content.isArray()) {
      content.forEach(part -> parts.add(GeminiParts.of(part)));
    }
    for (JsonNode call : calls) {
      JsonNode function = call.path("function");
      functionByCall.put(call.path("id").asText(), function.path("name").asText());
      ObjectNode made = parts.addObject().putObject("functionCall");
      made.set("name", function.path("name"));
      made.set("args", NeutralRequest.arguments(function));
    }
    return parts;
  }
}
