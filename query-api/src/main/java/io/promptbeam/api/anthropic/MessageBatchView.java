package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A batch as a {@code MessageBatch}: every key is there, null when unset. Pure. */
final class MessageBatchView {
  private MessageBatchView() {}

  static String id(BatchState state) {
    return state.batch().spec().id().text(BatchProtocol.ANTHROPIC);
  }

  static ObjectNode of(BatchState state, String origin, Outlook outlook) {
    Batch batch = state.batch();
    boolean ended = batch.run().status().isTerminal();
    Optional<Instant> cancelled = cancelledAt(batch);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", id(state)).put("type", "message_batch");
    json.put("processing_status", status(ended, cancelled.isPresent()));
    json.set("request_counts", counts(state));
    put(json, "created_at", Optional.of(batch.spec().createdAt()));
    put(json, "expires_at", Optional.of(batch.spec().expiresAt()));
    put(json, "ended_at", batch.run().endedAt());
    put(json, "cancel_initiated_at", cancelled);
    put(json, "archived_at", Optional.empty());
    @Nullable String results = ended ? origin + BatchPaths.results(batch.spec().id()) : null;
    json.put("results_url", results);
    ObjectNode ours = ProgressView.of(state, processing(state), outlook.at());
    outlook.writeTo(ours, batch.spec());
    ours.put(
        "retry_of",
        batch.spec().retryOf().map(of -> of.text(BatchProtocol.ANTHROPIC)).orElse(null));
    json.set("promptbeam", ours);
    return json;
  }

  private static String status(boolean ended, boolean cancelled) {
    if (ended) {
      return "ended";
    }
    return cancelled ? "canceling" : "in_progress";
  }

  static Optional<Instant> cancelledAt(Batch batch) {
    return batch.cut().filter(cut -> cut.kind() == Cut.Kind.CANCELLED).map(Cut::at);
  }

  private static ObjectNode counts(BatchState state) {
    SegmentTally total = state.total();
    boolean failed = state.batch().run().status() == BatchStatus.FAILED;
    return JsonNodeFactory.instance
        .objectNode()
        .put("processing", processing(state))
        .put("succeeded", failed ? 0 : total.completed())
        .put("errored", failed ? requests(state.batch()) : total.failed())
        .put("canceled", failed ? 0 : total.cancelled())
        .put("expired", failed ? 0 : total.expired());
  }

  private static long processing(BatchState state) {
    boolean failed = state.batch().run().status() == BatchStatus.FAILED;
    return failed ? 0 : Math.max(0, requests(state.batch()) - state.total().ended());
  }

  /** All of them; what was noted at the creation serves until the lines are counted. */
  private static int requests(Batch batch) {
    int lines = batch.run().lines();
    return lines > 0 ? lines : MadeBy.requests(batch.spec(), lines);
  }

  static void put(ObjectNode json, String field, Optional<Instant> time) {
    @Nullable String text = time.map(MessageBatchView::wireTime).orElse(null);
    json.put(field, text);
  }

  /** RFC 3339. */
  private static String wireTime(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS).toString();
  }
}
