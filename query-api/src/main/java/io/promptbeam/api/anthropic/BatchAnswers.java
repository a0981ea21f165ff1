package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.api.batches.Outlooks;
import io.promptbeam.api.http.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Answers that hold batches. */
final class BatchAnswers {
  private BatchAnswers() {}

  /** Like the other, without an outlook: of a batch that is new or has been cancelled. */
  static ApiResponse one(Optional<BatchState> state, String origin, Instant now) {
    return json(
        MessageBatchView.of(state.orElseThrow(BatchPaths::unknown), origin, Outlook.none(now)));
  }

  /** 404 when there is none. */
  static CompletableFuture<ApiResponse> one(
      Optional<BatchState> found, String origin, Outlooks outlooks, Instant now) {
    BatchState state = found.orElseThrow(BatchPaths::unknown);
    return outlooks
        .of(state, now)
        .thenApply(outlook -> json(MessageBatchView.of(state, origin, outlook)));
  }

  static ApiResponse page(List<BatchState> states, boolean hasMore, String origin, Instant now) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode data = json.putArray("data");
    for (BatchState state : states) {
      data.add(MessageBatchView.of(state, origin, Outlook.none(now)));
    }
    @Nullable String first = null;
    @Nullable String last = null;
    if (!states.isEmpty()) {
      first = MessageBatchView.id(states.get(0));
      last = MessageBatchView.id(states.get(states.size() - 1));
    }
    return json(json.put("has_more", hasMore).put("first_id", first).put("last_id", last));
  }

  static ApiResponse json(ObjectNode json) {
    return ApiResponse.json(200, json.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }
}
