package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;

/** The chunks of a streamed chat completion, or of a completion. They end with a mark. */
final class OpenAiStream extends StreamAssembler {
  private static final String END = "[DONE]";
  private static final String INDEX = "index";

  private final DeltaMerge merge = new DeltaMerge(Set.of("role", "id", "type", "name", "format"));
  private final ObjectNode body = Json.object();
  private final ArrayNode choices = Json.MAPPER.createArrayNode();
  private boolean ended;

  @Override
  boolean isEnd(String data) {
    boolean end = data.strip().equals(END);
    ended |= end;
    return end;
  }

  @Override
  void accept(ObjectNode chunk) {
    for (Map.Entry<String, JsonNode> each : chunk.properties()) {
      String name = each.getKey();
      if (name.equals("choices")) {
        each.getValue().forEach(this::choice);
      } else if (!each.getValue().isNull() && (name.equals("usage") || !body.has(name))) {
        merge.set(body, name, each.getValue());
      }
    }
  }

  private void choice(JsonNode piece) {
    ObjectNode choice = DeltaMerge.entry(choices, piece.path(INDEX).asInt(0));
    for (Map.Entry<String, JsonNode> each : piece.properties()) {
      switch (each.getKey()) {
        case INDEX -> {}
        case "delta" -> merge.merge(object(choice, "message"), each.getValue());
        case "text" -> merge.append(choice, "text", each.getValue().asText(""));
        case "logprobs" -> {
          if (each.getValue().isObject()) {
            merge.merge(object(choice, "logprobs"), each.getValue());
          }
        }
        default -> {
          if (!each.getValue().isNull()) {
            merge.set(choice, each.getKey(), each.getValue());
          }
        }
      }
    }
  }

  private static ObjectNode object(ObjectNode parent, String name) {
    return parent.get(name) instanceof ObjectNode present ? present : parent.putObject(name);
  }

  @Override
  boolean isEnded() {
    return ended;
  }

  @Override
  long keptBytes() {
    return merge.keptBytes();
  }

  /** An answer given at once counts no tool calls, and has content even where it is null. */
  @Override
  ObjectNode body() {
    String object = body.path("object").asText("");
    if (object.endsWith(".chunk")) {
      body.put("object", object.substring(0, object.length() - ".chunk".length()));
    }
    for (JsonNode choice : choices) {
      if (choice.get("message") instanceof ObjectNode message) {
        if (!message.has("content")) {
          message.putNull("content");
        }
        for (JsonNode call : message.path("tool_calls")) {
          ((ObjectNode) call).remove(INDEX);
        }
      }
    }
    body.set("choices", choices);
    return body;
  }
}
