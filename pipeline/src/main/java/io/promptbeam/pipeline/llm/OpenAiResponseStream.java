package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** The events of a streamed response, the last of which holds the whole response. */
final class OpenAiResponseStream extends StreamAssembler {
  private static final Set<String> LAST =
      Set.of("response.completed", "response.incomplete", "response.failed");

  private ObjectNode response = Json.object();
  private boolean ended;

  @Override
  void accept(ObjectNode event) {
    if (LAST.contains(event.path("type").asText())
        && event.get("response") instanceof ObjectNode whole) {
      response = whole;
      ended = true;
    }
  }

  @Override
  boolean isEnd(String data) {
    return data.strip().equals("[DONE]");
  }

  @Override
  boolean isEnded() {
    return ended;
  }

  /** Only the last event is kept, and events are bounded. */
  @Override
  long keptBytes() {
    return 0;
  }

  @Override
  ObjectNode body() {
    return response;
  }
}
