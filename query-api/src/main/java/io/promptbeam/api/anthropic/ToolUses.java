package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The calls of tools that other providers' answers ask for, as {@code tool_use} blocks. Pure. */
final class ToolUses {
  private static final ObjectMapper READER = new ObjectMapper();

  private ToolUses() {}

  /** Adds a block for each call, in their order; answers whether there is one. */
  static boolean addTo(ArrayNode content, JsonNode answer) {
    int before = content.size();
    for (JsonNode call : answer.path("choices").path(0).path("message").path("tool_calls")) {
      JsonNode function = call.path("function");
      add(content, call.path("id"), function.path("name"), input(function.path("arguments")));
    }
    for (JsonNode item : answer.path("output")) {
      if (item.path("type").asText().equals("function_call")) {
        add(content, item.path("call_id"), item.path("name"), input(item.path("arguments")));
      }
    }
    for (JsonNode part : answer.path("candidates").path(0).path("content").path("parts")) {
      JsonNode call = part.path("functionCall");
      if (call.isObject()) {
        add(content, call.path("id"), call.path("name"), input(call.path("args")));
      }
    }
    return content.size() > before;
  }

  private static void add(ArrayNode content, JsonNode id, JsonNode name, JsonNode input) {
    int number = content.size();
    ObjectNode block = content.addObject();
    // Not every provider gives its calls names of their own.
    block
        .put("type", "tool_use")
        .put("id", id.isTextual() ? id.textValue() : "toolu_" + number)
        .put("name", name.asText());
    block.set("input", input);
    block.putObject("caller").put("type", "direct");
    block.putNull("toolset_name");
  }

  /** OpenAI sends text, which need not be what was asked for; clients expect an object. */
  private static JsonNode input(JsonNode arguments) {
    JsonNode input = arguments;
    if (arguments.isTextual()) {
      try {
        input = READER.readTree(arguments.textValue());
      } catch (JsonProcessingException e) {
        input = arguments;
      }
    }
    if (input.isObject()) {
      return input;
    }
    ObjectNode wrapped = JsonNodeFactory.instance.objectNode();
    if (!input.isMissingNode()) {
      wrapped.set("arguments", input);
    }
    return wrapped;
  }
}
