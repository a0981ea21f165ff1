package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Translates the neutral forms to a body of Anthropic's Messages API. */
final class AnthropicRequest {
  private static final String TYPE = "type";
  private static final String ROLE = "role";
  private static final String CONTENT = "content";
  private static final List<String> TAKEN = List.of("model", "messages", "system");
  private static final Set<String> MAX_TOKENS =
      Set.of("max_tokens", "max_output_tokens", "max_completion_tokens");

  private AnthropicRequest() {}

  static ObjectNode of(
      LlmRequest request, CallOptions options, String upstreamModel, int defaultMaxTokens) {
    NeutralRequest neutral = NeutralRequest.of(request);
    Requests.refuseParams(neutral.params(), TAKEN);
    ObjectNode body = Json.object().put("model", upstreamModel);
    Optional<ObjectNode> schema = options.outputSchema();
    Optional<ObjectNode> held = schema.filter(SchemaFit::closed);
    Optional<String> told =
        held.isPresent() ? Optional.empty() : schema.map(NeutralRequest::instruction);
    neutral.systemText(told).ifPresent(text -> body.put("system", text));
    body.set("messages", messages(neutral.turns()));
    body.put("max_tokens", defaultMaxTokens);
    neutral.params().properties().forEach(each -> param(body, each));
    held.ifPresent(fitting -> holdTo(body, fitting));
    return body;
  }

  private static void holdTo(ObjectNode body, ObjectNode schema) {
    ObjectNode config =
        body.get("output_config") instanceof ObjectNode given ? given.deepCopy() : Json.object();
    config.putObject("format").put(TYPE, "json_schema").set("schema", schema);
    body.set("output_config", config);
  }

  private static void param(ObjectNode body, Map.Entry<String, JsonNode> param) {
    String name = param.getKey();
    JsonNode value = param.getValue();
    if (value.isNull()) {
      return;
    }
    if (MAX_TOKENS.contains(name)) {
      body.set("max_tokens", value);
      return;
    }
    switch (name) {
      case "stop" ->
          body.set(
              "stop_sequences", value.isArray() ? value : Json.MAPPER.createArrayNode().add(value));
      case "seed", "stream" -> {} // this API has no seed, and streaming is decided elsewhere
      case "user" -> body.putObject("metadata").set("user_id", value);
      case "tools" -> body.set("tools", tools(value));
      case "tool_choice" -> body.set("tool_choice", toolChoice(value));
      default -> body.set(name, value);
    }
  }

  private static JsonNode tools(JsonNode tools) {
    ArrayNode made = Json.MAPPER.createArrayNode();
    for (JsonNode tool : tools) {
      JsonNode function = tool.path("function");
      if (!function.isObject()) {
        made.add(tool); // in this provider's form already
        continue;
      }
      ObjectNode own = made.addObject();
      own.set("name", function.path("name"));
      if (function.hasNonNull("description")) {
        own.set("description", function.path("description"));
      }
      JsonNode parameters = function.path("parameters");
      own.set(
          "input_schema", parameters.isObject() ? parameters : Json.object().put(TYPE, "object"));
    }
    return made;
  }

  private static JsonNode toolChoice(JsonNode choice) {
    if (choice.path("function").isObject()) {
      return Json.object()
          .put(TYPE, "tool")
          .put("name", choice.path("function").path("name").asText());
    }
    return switch (choice.asText()) {
      case "required" -> Json.object().put(TYPE, "any");
      case "auto", "none" -> Json.object().put(TYPE, choice.asText());
      default -> choice;
    };
  }

  private static ArrayNode messages(List<JsonNode> turns) {
    ArrayNode messages = Json.MAPPER.createArrayNode();
    boolean inToolResults = false;
    for (JsonNode turn : turns) {
      String role = turn.path(ROLE).asText();
      if (role.equals("tool")) {
        // All results of one turn's calls belong in one message.
        ArrayNode results =
            inToolResults
                ? (ArrayNode) messages.get(messages.size() - 1).path(CONTENT)
                : messages.addObject().put(ROLE, "user").putArray(CONTENT);
        results
            .addObject()
            .put(TYPE, "tool_result")
            .put("tool_use_id", turn.path("tool_call_id").asText())
            .put(CONTENT, NeutralRequest.text(turn.path(CONTENT)));
        inToolResults = true;
      } else {
        inToolResults = false;
        messages.addObject().put(ROLE, role(role)).set(CONTENT, content(turn));
      }
    }
    return messages;
  }

  private static String role(String role) {
    if (role.equals("user") || role.equals("assistant")) {
      return role;
    }
    throw Requests.refused(
        "the role of a message must be system, developer, user, assistant or tool for this"
            + " provider");
  }

  private static JsonNode content(JsonNode turn) {
    JsonNode content = turn.path(CONTENT);
    JsonNode calls = turn.path("tool_calls");
    if (content.isTextual() && !calls.isArray()) {
      return content;
    }
    ArrayNode blocks = Json.MAPPER.createArrayNode();
    if (content.isTextual() && !content.textValue().isBlank()) {
      blocks.addObject().put(TYPE, "text").put("text", content.textValue());
    }
    if (content.isArray()) {
      content.forEach(part -> blocks.add(block(part)));
    }
    for (JsonNode call : calls) {
      ObjectNode use = blocks.addObject().put(TYPE, "tool_use");
      use.set("id", call.path("id"));
      use.set("name", call.path("function").path("name"));
      use.set("input", NeutralRequest.arguments(call.path("function")));
    }
    return blocks;
  }

  private static JsonNode block(JsonNode part) {
    return switch (part.path(TYPE).asText()) {
      case "image_url" -> image(part.path("image_url"));
      case "file" -> document(part.path("file"));
      case "input_audio" ->
          throw Requests.refused("a part of type input_audio has no place at this provider");
      default ->
          part.isTextual() ? Json.object().put(TYPE, "text").put("text", part.textValue()) : part;
    };
  }

  private static ObjectNode image(JsonNode image) {
    String url = image.isTextual() ? image.textValue() : image.path("url").asText();
    ObjectNode block = Json.object().put(TYPE, "image");
    Optional<DataUrl> data = DataUrl.parse(url);
    if (data.isPresent()) {
      source(block, data.get());
    } else {
      block.putObject("source").put(TYPE, "url").put("url", url);
    }
    return block;
  }

  private static ObjectNode document(JsonNode file) {
    DataUrl data =
        DataUrl.parse(file.path("file_data").asText())
            .orElseThrow(
                () -> Requests.refused("a part of type file needs file_data with a data: URL"));
    ObjectNode block = Json.object().put(TYPE, "document");
    source(block, data);
    if (file.hasNonNull("filename")) {
      block.set("title", file.path("filename"));
    }
    return block;
  }

  private static void source(ObjectNode block, DataUrl data) {
    block
        .putObject("source")
        .put(TYPE, "base64")
        .put("media_type", data.mediaType())
        .put("data", data.base64());
  }
}
