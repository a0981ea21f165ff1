package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;

/** The answers, each with a piece of the whole, of streamGenerateContent. No mark ends them. */
final class GeminiStream extends StreamAssembler {
  private static final Set<String> OF_A_TEXT = Set.of("text", "thought", "thoughtSignature");

  private final DeltaMerge merge = new DeltaMerge(Set.of());
  private final ObjectNode body = Json.object();
  private final ArrayNode candidates = Json.MAPPER.createArrayNode();

  @Override
  void accept(ObjectNode piece) {
    for (Map.Entry<String, JsonNode> each : piece.properties()) {
      switch (each.getKey()) {
        case "candidates" -> each.getValue().forEach(this::candidate);
        case "usageMetadata" -> merge.setAll(object(body, each.getKey()), each.getValue());
        default -> merge.set(body, each.getKey(), each.getValue());
      }
    }
  }

  private void candidate(JsonNode piece) {
    ObjectNode candidate = DeltaMerge.entry(candidates, piece.path("index").asInt(0));
    for (Map.Entry<String, JsonNode> each : piece.properties()) {
      if (each.getKey().equals("content")) {
        content(object(candidate, "content"), each.getValue());
      } else {
        merge.set(candidate, each.getKey(), each.getValue());
      }
    }
  }

  private void content(ObjectNode content, JsonNode piece) {
    ArrayNode parts =
        content.get("parts") instanceof ArrayNode list ? list : content.putArray("parts");
    piece.path("parts").forEach(part -> part(parts, part));
    if (piece.hasNonNull("role")) {
      content.set("role", piece.path("role"));
    }
  }

  /** Pieces of one text become one part; everything else is a part of its own. */
  private void part(ArrayNode parts, JsonNode part) {
    if (!parts.isEmpty()
        && parts.get(parts.size() - 1) instanceof ObjectNode last
        && isOpenText(last)
        && isText(part)
        && last.path("thought").asBoolean() == part.path("thought").asBoolean()) {
      merge.append(last, "text", part.path("text").asText());
      if (part.has("thoughtSignature")) {
        merge.set(last, "thoughtSignature", part.path("thoughtSignature"));
      }
    } else {
      ObjectNode added = parts.addObject();
      merge.setAll(added, part);
    }
  }

  private static boolean isOpenText(ObjectNode part) {
    return isText(part) && !part.has("thoughtSignature");
  }

  private static boolean isText(JsonNode part) {
    if (!part.has("text")) {
      return false;
    }
    for (Map.Entry<String, JsonNode> each : part.properties()) {
      if (!OF_A_TEXT.contains(each.getKey())) {
        return false;
      }
    }
    return true;
  }

  private static ObjectNode object(ObjectNode parent, String name) {
    return parent.get(name) instanceof ObjectNode present ? present : parent.putObject(name);
  }

  /** Usage may follow the last piece of text, so only the end of the connection ends it. */
  @Override
  boolean isEnded() {
    return false;
  }

  @Override
  boolean isWhole() {
    if (body.path("promptFeedback").hasNonNull("blockReason")) {
      return true;
    }
    for (JsonNode candidate : candidates) {
      if (!candidate.hasNonNull("finishReason")) {
        return false;
      }
    }
    return !candidates.isEmpty();
  }

  @Override
  long keptBytes() {
    return merge.keptBytes();
  }

  @Override
  ObjectNode body() {
    if (!candidates.isEmpty()) {
      body.set("candidates", candidates);
    }
    return body;
  }
}
