package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The events of a streamed message of the Anthropic API. */
final class AnthropicStream extends StreamAssembler {
  private static final String INPUT = "input";
  private static final String CONTENT = "content";

  private final DeltaMerge merge = new DeltaMerge(Set.of("type", "id", "name"));
  private final Map<Integer, Block> blocks = new TreeMap<>();
  private ObjectNode message = Json.object();
  private long inputBytes;
  private boolean ended;

  /** A block of content, and the input of a tool as text, where it comes in pieces. */
  private record Block(ObjectNode json, StringBuilder input) {}

  /** Events of a kind not known here are left out, as the API's documentation asks. */
  @Override
  void accept(ObjectNode event) throws IOException {
    switch (event.path("type").asText()) {
      case "message_start" -> {
        if (!(event.get("message") instanceof ObjectNode start)) {
          throw new IOException("the stream begins without a message");
        }
        message = start;
      }
      case "content_block_start" -> {
        ObjectNode block = Json.object();
        merge.merge(block, event.path("content_block"));
        blocks.put(index(event), new Block(block, new StringBuilder()));
      }
      case "content_block_delta" -> delta(event);
      case "message_delta" -> {
        merge.setAll(message, event.path("delta"));
        merge.setAll(object(message, "usage"), event.path("usage"));
      }
      case "message_stop" -> ended = true;
      default -> {}
    }
  }

  private static int index(ObjectNode event) {
    return event.path("index").asInt(0);
  }

  private void delta(ObjectNode event) throws IOException {
    Block block = blocks.get(index(event));
    if (block == null || !(event.get("delta") instanceof ObjectNode delta)) {
      throw new IOException("a piece of the stream belongs to no block");
    }
    switch (delta.path("type").asText()) {
      case "input_json_delta" -> {
        String piece = delta.path("partial_json").asText("");
        inputBytes += piece.length();
        block.input().append(piece);
      }
      case "citations_delta" -> {
        ArrayNode one = Json.MAPPER.createArrayNode().add(delta.path("citation"));
        merge.merge(block.json(), Json.object().set("citations", one));
      }
      default -> {
        delta.remove("type");
        merge.merge(block.json(), delta);
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
    return merge.keptBytes() + inputBytes;
  }

  @Override
  ObjectNode body() {
    ArrayNode content = message.putArray(CONTENT);
    for (Block block : blocks.values()) {
      setInput(block.json(), block.input().toString());
      content.add(block.json());
    }
    return message;
  }

  /** Input that was cut off by the limit of tokens stays readable, as text. */
  private static void setInput(ObjectNode block, String text) {
    if (text.isBlank()) {
      return;
    }
    try {
      JsonNode input = Json.MAPPER.readTree(text);
      block.set(INPUT, input);
    } catch (JsonProcessingException e) {
      block.put(INPUT, text);
    }
  }
}
