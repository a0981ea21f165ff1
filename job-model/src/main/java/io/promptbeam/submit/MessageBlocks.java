package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Translates the blocks of Anthropic's messages to the parts of the neutral form. */
final class MessageBlocks {
  private static final String TYPE = "type";
  private static final String CACHE_CONTROL = "cache_control";

  private final ProviderKind provider;

  MessageBlocks(ProviderKind provider) {
    this.provider = provider;
  }

  /** A block that is no call of a tool and no result of one. */
  ObjectNode part(JsonNode block, String at) throws InvalidSubmissionException {
    return switch (block.path(TYPE).asText("")) {
      case "text" -> StrictJson.object().put(TYPE, "text").put("text", textOf(block, at));
      case "image" -> image(block, at);
      case "document" -> document(block, at);
      default -> throw unheard(at);
    };
  }

  private ObjectNode image(JsonNode block, String at) throws InvalidSubmissionException {
    allow(block, at, Set.of(TYPE, "source", CACHE_CONTROL));
    JsonNode source = block.path("source");
    String url =
        switch (source.path(TYPE).asText("")) {
          case "base64" -> dataUrl(source);
          case "url" -> source.path("url").asText("");
          default -> throw unheard(at + ".source");
        };
    ObjectNode part = StrictJson.object().put(TYPE, "image_url");
    part.putObject("image_url").put("url", url);
    return part;
  }

  private ObjectNode document(JsonNode block, String at) throws InvalidSubmissionException {
    allow(block, at, Set.of(TYPE, "source", "title", CACHE_CONTROL));
    JsonNode source = block.path("source");
    if (!source.path(TYPE).asText("").equals("base64")) {
      throw unheard(at + ".source");
    }
    ObjectNode part = StrictJson.object().put(TYPE, "file");
    part.putObject("file")
        .put("filename", block.path("title").asText("document.pdf"))
        .put("file_data", dataUrl(source));
    return part;
  }

  private static String dataUrl(JsonNode source) {
    return "data:"
        + source.path("media_type").asText("")
        + ";base64,"
        + source.path("data").asText("");
  }

  ObjectNode call(JsonNode block, String at) throws InvalidSubmissionException {
    allow(block, at, Set.of(TYPE, "id", "name", "input", CACHE_CONTROL));
    if (!block.path("id").isTextual() || !block.path("name").isTextual()) {
      throw Fields.invalid(at, "It must have an id and a name.");
    }
    ObjectNode call = StrictJson.object();
    call.set("id", block.path("id"));
    JsonNode input = block.path("input");
    call.put(TYPE, "function")
        .putObject("function")
        .put("name", block.path("name").textValue())
        .put(
            "arguments",
            input.isObject() ? new String(StrictJson.write(input), StandardCharsets.UTF_8) : "{}");
    return call;
  }

  ObjectNode result(JsonNode block, String at) throws InvalidSubmissionException {
    allow(block, at, Set.of(TYPE, "tool_use_id", "content", "is_error", CACHE_CONTROL));
    if (!block.path("tool_use_id").isTextual()) {
      throw Fields.wrongType(at + ".tool_use_id", "a string");
    }
    if (block.path("is_error").asBoolean()) {
      throw unheard(at + ".is_error");
    }
    String text =
        block.hasNonNull("content") ? text(block.path("content"), at + ".content", "\n") : "";
    return StrictJson.object()
        .put("role", "tool")
        .put("tool_call_id", block.path("tool_use_id").textValue())
        .put("content", text);
  }

  /** What a string or a list of blocks says that can only be text. */
  String text(JsonNode content, String at, String between) throws InvalidSubmissionException {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw Fields.wrongType(at, "a string or a list of blocks of text");
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < content.size(); i++) {
      JsonNode block = content.get(i);
      if (!block.path(TYPE).asText("").equals("text")) {
        throw Fields.wrongType(at + "[" + i + "]", "a block of text for this model");
      }
      texts.add(textOf(block, at + "[" + i + "]"));
    }
    return String.join(between, texts);
  }

  private String textOf(JsonNode block, String at) throws InvalidSubmissionException {
    allow(block, at, Set.of(TYPE, "text", CACHE_CONTROL));
    if (!block.path("text").isTextual()) {
      throw Fields.wrongType(at + ".text", "a string");
    }
    return block.path("text").textValue();
  }

  /** Refuses what says something and would not be passed on. */
  void allow(JsonNode object, String at, Set<String> names) throws InvalidSubmissionException {
    if (!object.isObject()) {
      throw Fields.wrongType(at, "a JSON object");
    }
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      JsonNode value = each.getValue();
      boolean says = !value.isNull() && !(value.isContainerNode() && value.isEmpty());
      if (says && !names.contains(each.getKey())) {
        throw unheard(at + "." + each.getKey());
      }
    }
  }

  InvalidSubmissionException unheard(String field) {
    return Fields.invalid(
        field,
        "A model of provider "
            + provider.wireName()
            + " cannot be asked this through /v1/messages; remove it, or name another model.");
  }
}
