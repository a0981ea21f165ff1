package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Changes to a JSON object, given as one (RFC 7396): null removes. */
public final class MergePatch {
  private MergePatch() {}

  public static void apply(ObjectNode patch, ObjectNode to) {
    patch
        .fields()
        .forEachRemaining(
            change -> {
              JsonNode value = change.getValue();
              if (value.isNull()) {
                to.remove(change.getKey());
              } else if (value instanceof ObjectNode nested) {
                ObjectNode inner =
                    to.path(change.getKey()) instanceof ObjectNode there
                        ? there
                        : to.putObject(change.getKey());
                apply(nested, inner);
              } else {
                to.set(change.getKey(), value.deepCopy());
              }
            });
  }
}
