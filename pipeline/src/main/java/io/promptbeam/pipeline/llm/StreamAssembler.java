package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/**
 * Puts the events of one streamed answer together, to the body that the same call would have been
 * answered with at once. Keeps at most a given number of bytes of it. Not thread-safe.
 */
abstract class StreamAssembler {
  private Optional<JsonNode> error = Optional.empty();

  /**
   * Takes one event.
   *
   * @throws IOException when it is none of this API
   */
  final void event(String type, String data) throws IOException {
    if (isEnd(data)) {
      return;
    }
    JsonNode event = Json.MAPPER.readTree(data);
    if (!(event instanceof ObjectNode object)) {
      throw new IOException("an event of the stream is no object");
    }
    if (type.equals("error") || object.hasNonNull("error")) {
      error = Optional.of(object);
    } else {
      accept(object);
    }
  }

  /** What the provider sent instead of the rest. */
  final Optional<JsonNode> error() {
    return error;
  }

  /** Whether {@code data} is a mark that ends the stream, and no JSON. */
  boolean isEnd(String data) {
    return false;
  }

  abstract void accept(ObjectNode event) throws IOException;

  /** The end of the stream was seen: nothing can follow. */
  abstract boolean isEnded();

  /** Nothing is missing, if the stream ends now. */
  boolean isWhole() {
    return isEnded();
  }

  /** An estimate of the size of {@link #body}, in bytes, that is not more than the size. */
  abstract long keptBytes();

  /** What came, as one answer. Asked for once, at the end. */
  abstract ObjectNode body();

  final byte[] bytes() throws JsonProcessingException {
    return Json.MAPPER.writeValueAsBytes(body());
  }
}
