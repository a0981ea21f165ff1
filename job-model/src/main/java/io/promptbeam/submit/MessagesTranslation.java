package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.LlmRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Translates a body of Anthropic's Messages API to the neutral form, for a model of another
 * provider. What that model could not heed is refused; {@code cache_control} is left out, since it
 * decides on the price and never on the answer.
 */
final class MessagesTranslation {
  private static final String TYPE = "type";
  private static final String CONTENT = "content";
  private static final String CACHE_CONTROL = "cache_control";

  private final String path;
  private final ProviderKind provider;
  private final MessageBlocks blocks;

  private MessagesTranslation(String path, ProviderKind provider) {
    this.path = path;
    this.provider = provider;
    this.blocks = new MessageBlocks(provider);
  }

  /**
   * @param path of the body, for the messages of problems
   * @param body with max_tokens, and messages, a list that is not empty
   */
  static LlmRequest.Messages translate(ObjectNode body, String path, ProviderKind provider)
      throws InvalidSubmissionException {
    return new MessagesTranslation(path, provider).translate(body);
  }

  private LlmRequest.Messages translate(ObjectNode body) throws InvalidSubmissionException {
    Optional<String> system = Optional.empty();
    if (body.hasNonNull("system")) {
      String text = blocks.text(body.path("system"), path + ".system", "\n\n");
      system = text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
    ArrayNode turns = body.arrayNode();
    JsonNode messages = body.path("messages");
    for (int i = 0; i < messages.size(); i++) {
      turn(turns, messages.get(i), path + ".messages[" + i + "]");
    }
    return new LlmRequest.Messages(system, turns, params(body));
  }

  private void turn(ArrayNode turns, JsonNode message, String at)
      throws InvalidSubmissionException {
    blocks.allow(message, at, Set.of("role", CONTENT));
    String role = message.path("role").asText("");
    if (!role.equals("user") && !role.equals("assistant")) {
      throw Fields.invalid(at + ".role", "It must be user or assistant.");
    }
    JsonNode content = message.path(CONTENT);
    if (content.isTextual()) {
      turns.addObject().put("role", role).set(CONTENT, content);
      return;
    }
    if (!content.isArray() || content.isEmpty()) {
      throw Fields.wrongType(at + ".content", "a string or a list of blocks");
    }
    ArrayNode parts = turns.arrayNode();
    ArrayNode calls = turns.arrayNode();
    for (int i = 0; i < content.size(); i++) {
      JsonNode block = content.get(i);
      String blockAt = at + ".content[" + i + "]";
      switch (block.path(TYPE).asText("")) {
        case "tool_use" -> {
          requireRole(role, "assistant", blockAt);
          calls.add(blocks.call(block, blockAt));
        }
        case "tool_result" -> {
          requireRole(role, "user", blockAt);
          if (!parts.isEmpty()) {
            throw Fields.invalid(blockAt, "Results of tools must come before other blocks.");
          }
          turns.add(blocks.result(block, blockAt));
        }
        default -> parts.add(blocks.part(block, blockAt));
      }
    }
    if (!parts.isEmpty() || !calls.isEmpty()) {
      ObjectNode turn = turns.addObject().put("role", role);
      if (parts.isEmpty()) {
        turn.putNull(CONTENT);
      } else {
        turn.set(CONTENT, parts);
      }
      if (!calls.isEmpty()) {
        turn.set("tool_calls", calls);
      }
    }
  }

  private static void requireRole(String role, String wanted, String at)
      throws InvalidSubmissionException {
    if (!role.equals(wanted)) {
      throw Fields.invalid(at, "A block of this type belongs in a message of role " + wanted + ".");
    }
  }

  private ObjectNode params(ObjectNode body) throws InvalidSubmissionException {
    ObjectNode params = StrictJson.object();
    for (Map.Entry<String, JsonNode> each : body.properties()) {
      if (!each.getValue().isNull()) {
        param(params, each.getKey(), each.getValue());
      }
    }
    return params;
  }

  private void param(ObjectNode params, String name, JsonNode value)
      throws InvalidSubmissionException {
    String at = path + "." + name;
    switch (name) {
      case "model", "messages", "system", "stream", CACHE_CONTROL -> {}
      case "max_tokens" -> params.set("max_output_tokens", value);
      case "temperature", "top_p" -> params.set(name, value);
      case "stop_sequences" -> {
        if (!value.isArray()) {
          throw Fields.wrongType(at, "a list of strings");
        }
        if (!value.isEmpty()) {
          params.set("stop", value);
        }
      }
      case "top_k" -> {
        if (provider != ProviderKind.GEMINI) {
          throw blocks.unheard(at);
        }
        params.set(name, value);
      }
      case "metadata" -> {
        blocks.allow(value, at, Set.of("user_id"));
        if (value.hasNonNull("user_id")) {
          params.set("user", value.get("user_id"));
        }
      }
      case "tools" -> {
        if (!value.isEmpty()) {
          params.set("tools", tools(value, at));
        }
      }
      case "tool_choice" -> toolChoice(params, value, at);
      case "thinking" -> requireValue(value.path(TYPE), "disabled", at);
      case "service_tier" -> requireValue(value, "auto", at);
      case "output_config" -> {
        blocks.allow(value, at, Set.of("format"));
        AnswerShape.ofOutputFormat(value.path("format"), at + ".format")
            .addTo(params, provider, at + ".format");
      }
      default -> throw blocks.unheard(at);
    }
  }

  /** The one value that holds without being said. */
  private void requireValue(JsonNode value, String usual, String at)
      throws InvalidSubmissionException {
    if (!value.asText("").equals(usual)) {
      throw blocks.unheard(at);
    }
  }

  private ArrayNode tools(JsonNode tools, String at) throws InvalidSubmissionException {
    ArrayNode made = StrictJson.object().arrayNode();
    List<JsonNode> given = new ArrayList<>();
    tools.forEach(given::add);
    for (int i = 0; i < given.size(); i++) {
      JsonNode tool = given.get(i);
      String toolAt = at + "[" + i + "]";
      if (!tool.path("name").isTextual() || !tool.path(TYPE).asText("custom").equals("custom")) {
        throw Fields.invalid(
            toolAt, "Only tools with a name and an input_schema can be passed on to this model.");
      }
      blocks.allow(
          tool, toolAt, Set.of(TYPE, "name", "description", "input_schema", CACHE_CONTROL));
      ObjectNode function = made.addObject().put(TYPE, "function").putObject("function");
      function.set("name", tool.path("name"));
      if (tool.hasNonNull("description")) {
        function.set("description", tool.path("description"));
      }
      if (tool.path("input_schema").isObject()) {
        function.set("parameters", tool.path("input_schema"));
      }
    }
    return made;
  }

  private void toolChoice(ObjectNode params, JsonNode choice, String at)
      throws InvalidSubmissionException {
    blocks.allow(choice, at, Set.of(TYPE, "name", "disable_parallel_tool_use"));
    switch (choice.path(TYPE).asText("")) {
      case "auto", "none" -> params.set("tool_choice", choice.path(TYPE));
      case "any" -> params.put("tool_choice", "required");
      case "tool" ->
          params
              .putObject("tool_choice")
              .put(TYPE, "function")
              .putObject("function")
              .set("name", choice.path("name"));
      default -> throw Fields.invalid(at + ".type", "It must be auto, any, tool or none.");
    }
    if (choice.path("disable_parallel_tool_use").asBoolean()) {
      if (provider == ProviderKind.GEMINI) {
        throw blocks.unheard(at + ".disable_parallel_tool_use");
      }
      params.put("parallel_tool_calls", false);
    }
  }
}
