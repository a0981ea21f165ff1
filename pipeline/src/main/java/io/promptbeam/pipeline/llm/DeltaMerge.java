package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import java.util.Map;
import java.util.Set;

/**
 * Merges pieces of JSON into a whole, and counts what it keeps. Growing texts are held as {@link
 * StringBuilder}, which the mapper writes as text. Not thread-safe.
 */
final class DeltaMerge {
  private static final int BYTES_OF_A_NUMBER = 4;
  private static final String INDEX = "index";

  private final Set<String> settled;
  private long keptBytes;

  /**
   * @param settled names of texts that come whole, so that a later one replaces the former
   */
  DeltaMerge(Set<String> settled) {
    this.settled = settled;
  }

  long keptBytes() {
    return keptBytes;
  }

  /** Adds {@code more} at the end of a text. */
  void append(ObjectNode target, String name, String more) {
    keptBytes += more.length();
    if (target.get(name) instanceof POJONode grown && grown.getPojo() instanceof StringBuilder so) {
      so.append(more);
      return;
    }
    var text = new StringBuilder(target.path(name).asText(""));
    text.append(more);
    target.putPOJO(name, text);
  }

  /** Puts a value in the place of another. */
  void set(ObjectNode target, String name, JsonNode value) {
    keptBytes += size(value);
    target.set(name, value);
  }

  /** Puts what is said in the place of what was said before; null says nothing. */
  void setAll(ObjectNode target, JsonNode values) {
    for (Map.Entry<String, JsonNode> each : values.properties()) {
      if (!each.getValue().isNull() || !target.has(each.getKey())) {
        set(target, each.getKey(), each.getValue());
      }
    }
  }

  /**
   * Merges what a delta holds: texts grow, lists get longer, entries of lists that carry an index
   * are merged into those of the same index, and everything else is replaced.
   */
  void merge(ObjectNode target, JsonNode delta) {
    for (Map.Entry<String, JsonNode> each : delta.properties()) {
      String name = each.getKey();
      JsonNode value = each.getValue();
      JsonNode present = target.path(name);
      if (value.isTextual() && !settled.contains(name)) {
        append(target, name, value.textValue());
      } else if (value.isTextual()) {
        settle(target, name, value);
      } else if (value.isObject()) {
        merge(present instanceof ObjectNode object ? object : target.putObject(name), value);
      } else if (value.isArray()) {
        mergeList(present instanceof ArrayNode list ? list : target.putArray(name), value);
      } else if (!value.isNull() || present.isMissingNode()) {
        set(target, name, value);
      }
    }
  }

  /** Some servers repeat such a text with every piece, or send an empty one. */
  private void settle(ObjectNode target, String name, JsonNode text) {
    if (!target.has(name) || (!text.textValue().isEmpty() && !text.equals(target.get(name)))) {
      set(target, name, text);
    }
  }

  private void mergeList(ArrayNode target, JsonNode delta) {
    for (JsonNode each : delta) {
      if (each.isObject() && each.path(INDEX).canConvertToInt()) {
        merge(entry(target, each.path(INDEX).intValue()), each);
      } else {
        keptBytes += size(each);
        target.add(each);
      }
    }
  }

  /** The entry of that index, made when it is new. Indexes are few, so a walk finds it. */
  static ObjectNode entry(ArrayNode list, int index) {
    int at = 0;
    for (JsonNode each : list) {
      int its = each.path(INDEX).asInt(0);
      if (its == index && each instanceof ObjectNode found) {
        return found;
      }
      if (its > index) {
        break;
      }
      at++;
    }
    return list.insertObject(at).put(INDEX, index);
  }

  private static long size(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue().length();
    }
    long size = BYTES_OF_A_NUMBER;
    for (Map.Entry<String, JsonNode> each : node.properties()) {
      size += each.getKey().length() + size(each.getValue());
    }
    if (node.isArray()) {
      for (JsonNode each : node) {
        size += size(each);
      }
    }
    return size;
  }
}
