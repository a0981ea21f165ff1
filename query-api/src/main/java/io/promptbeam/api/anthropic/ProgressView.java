package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What this service tells of a batch beyond the protocol; official clients pass it over. Pure. */
final class ProgressView {
  private static final double MILLIS_PER_MINUTE = 60_000;

  private ProgressView() {}

  /**
   * @param left requests that have not ended
   */
  static ObjectNode of(BatchState state, long left, Instant now) {
    SegmentTally total = state.total();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("cost_usd", total.costUsd());
    Usage used = total.usage();
    json.putObject("usage")
        .put("input_tokens", used.inputTokens())
        .put("cached_input_tokens", used.cachedInputTokens())
        .put("output_tokens", used.outputTokens())
        .put("reasoning_tokens", used.reasoningTokens())
        .put("total_tokens", used.totalTokens());
    Optional<Double> perMinute = perMinute(state, now);
    if (perMinute.isPresent()) {
      json.put("requests_per_minute", Math.round(perMinute.get() * 10) / 10.0);
    } else {
      json.putNull("requests_per_minute");
    }
    boolean goesOn = !state.batch().run().status().isTerminal() && state.batch().cut().isEmpty();
    MessageBatchView.put(
        json,
        "estimated_end_at",
        perMinute
            .filter(rate -> goesOn)
            .map(rate -> now.plusMillis((long) (left / rate * MILLIS_PER_MINUTE))));
    return json;
  }

  /** Over the whole time so far, of those that were called; empty until the first has ended. */
  private static Optional<Double> perMinute(BatchState state, Instant now) {
    BatchRun run = state.batch().run();
    long called = state.total().completed() + state.total().failed();
    if (run.startedAt().isEmpty() || called == 0) {
      return Optional.empty();
    }
    Duration took = Duration.between(run.startedAt().get(), run.endedAt().orElse(now));
    return Optional.of(called * MILLIS_PER_MINUTE / Math.max(1, took.toMillis()));
  }
}
