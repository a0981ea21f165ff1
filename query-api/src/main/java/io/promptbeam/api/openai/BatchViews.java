package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.Outlook;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Batches as JSON, with every key that clients know, null when unset: some fail over a key that is
 * missing, and create the batch again. Pure.
 *
 * <p>{@code request_counts.failed} counts what was run and failed; what never ran because the batch
 * was cancelled or expired is in {@code promptbeam.lines}. {@code finalizing_at} is when nothing of
 * the batch could begin any more.
 */
final class BatchViews {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private BatchViews() {}

  /** Of one in a list, without an outlook. */
  static ObjectNode json(BatchState state, Instant now) {
    return json(state, Outlook.none(now));
  }

  static ObjectNode json(BatchState state, Outlook outlook) {
    Instant now = outlook.at();
    Batch batch = state.batch();
    BatchRun run = batch.run();
    ObjectNode json = NODES.objectNode();
    json.put("id", batch.spec().id().text(BatchProtocol.OPENAI));
    json.put("object", "batch");
    json.put("endpoint", batch.spec().endpoint());
    // Its lines may name several.
    json.putNull("model");
    json.set(
        "errors",
        run.problemCount() == 0 ? NODES.nullNode() : errors(run.problems(), run.problemCount()));
    json.put("input_file_id", batch.spec().input().toString());
    json.put("completion_window", batch.spec().window());
    json.put("status", status(state));
    json.put("output_file_id", fileId(state, OutputId.Kind.OUTPUT));
    json.put("error_file_id", fileId(state, OutputId.Kind.ERROR));
    writeTimes(json, batch);
    json.putObject("request_counts")
        .put("total", run.lines())
        .put("completed", state.total().completed())
        .put("failed", state.total().failed());
    writeUsage(json.putObject("usage"), state.total().usage());
    ObjectNode metadata = json.putObject("metadata");
    batch.spec().metadata().forEach(metadata::put);
    ObjectNode ours = ours(state, now);
    outlook.writeTo(ours, batch.spec());
    json.set("promptbeam", ours);
    return json;
  }

  static String status(BatchState state) {
    Batch batch = state.batch();
    if (batch.run().status().isTerminal()) {
      return batch.run().status().wireName();
    }
    if (cancelledAt(batch).isPresent()) {
      return "cancelling";
    }
    boolean started = batch.run().status() == BatchStatus.IN_PROGRESS;
    boolean finalizing = started && (batch.cut().isPresent() || state.progress().isAllEnded());
    return finalizing ? "finalizing" : batch.run().status().wireName();
  }

  private static @Nullable String fileId(BatchState state, OutputId.Kind kind) {
    return OutputFiles.exists(state, kind)
        ? new OutputId(state.batch().spec().id(), kind).toString()
        : null;
  }

  private static Optional<Instant> cancelledAt(Batch batch) {
    return batch.cut().filter(cut -> cut.kind() == Cut.Kind.CANCELLED).map(Cut::at);
  }

  private static void writeTimes(ObjectNode json, Batch batch) {
    BatchRun run = batch.run();
    Optional<Instant> cutAt = batch.cut().map(Cut::at);
    Optional<Instant> finalizing =
        switch (run.status()) {
          case COMPLETED -> run.endedAt();
          case EXPIRED -> cutAt.or(run::endedAt);
          case IN_PROGRESS ->
              batch.cut().filter(cut -> cut.kind() == Cut.Kind.EXPIRED).map(Cut::at);
          case VALIDATING, FAILED, CANCELLED -> Optional.empty();
        };
    json.put("created_at", batch.spec().createdAt().getEpochSecond());
    json.put("in_progress_at", seconds(run.startedAt()));
    json.put("expires_at", batch.spec().expiresAt().getEpochSecond());
    json.put("finalizing_at", seconds(finalizing));
    json.put("completed_at", endedAs(run, BatchStatus.COMPLETED));
    json.put("failed_at", endedAs(run, BatchStatus.FAILED));
    json.put("expired_at", endedAs(run, BatchStatus.EXPIRED));
    json.put("cancelling_at", seconds(cancelledAt(batch)));
    json.put("cancelled_at", endedAs(run, BatchStatus.CANCELLED));
  }

  private static @Nullable Long endedAs(BatchRun run, BatchStatus status) {
    return seconds(run.endedAt().filter(at -> run.status() == status));
  }

  private static @Nullable Long seconds(Optional<Instant> at) {
    return at.map(Instant::getEpochSecond).orElse(null);
  }

  /**
   * What is wrong with lines.
   *
   * @param first of all problems
   */
  static ObjectNode errors(List<LineProblem> first, int all) {
    ObjectNode errors = NODES.objectNode().put("object", "list");
    ArrayNode data = errors.putArray("data");
    for (LineProblem problem : first) {
      data.addObject()
          .put("code", problem.code())
          .put("message", problem.message())
          .put("param", problem.param().isEmpty() ? null : problem.param())
          .put("line", problem.line() == 0 ? null : problem.line());
    }
    int more = all - first.size();
    if (more > 0) {
      data.addObject()
          .put("code", "more_errors")
          .put("message", "There are " + more + " more errors; these are the first.")
          .putNull("param")
          .putNull("line");
    }
    return errors;
  }

  private static void writeUsage(ObjectNode json, Usage usage) {
    json.put("input_tokens", usage.inputTokens());
    json.putObject("input_tokens_details").put("cached_tokens", usage.cachedInputTokens());
    json.put("output_tokens", usage.outputTokens());
    json.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
    json.put("total_tokens", usage.totalTokens());
  }

  private static ObjectNode ours(BatchState state, Instant now) {
    BatchRun run = state.batch().run();
    SegmentTally total = state.total();
    long unfinished = run.status() == BatchStatus.FAILED ? 0 : run.lines() - total.ended();
    ObjectNode json = NODES.objectNode().put("cost_usd", plain(total.costUsd()));
    writeUsage(json.putObject("tokens"), total.usage());
    json.putObject("lines")
        .put("unfinished", unfinished)
        .put("completed", total.completed())
        .put("failed", total.failed())
        .put("cancelled", total.cancelled())
        .put("expired", total.expired());
    Optional<Double> rate = linesPerSecond(run, total, now);
    json.put("lines_per_second", rate.orElse(null));
    Optional<Instant> estimate =
        rate.filter(r -> r > 0 && unfinished > 0)
            .map(r -> now.plusSeconds((long) Math.ceil(unfinished / r)));
    json.put("estimated_completion_at", seconds(estimate));
    json.put(
        "retry_of",
        state.batch().spec().retryOf().map(of -> of.text(BatchProtocol.OPENAI)).orElse(null));
    return json;
  }

  private static BigDecimal plain(BigDecimal cost) {
    return cost.signum() == 0 ? BigDecimal.ZERO : cost.stripTrailingZeros();
  }

  /** Of lines that were run, from the start until now or the end; empty before the start. */
  private static Optional<Double> linesPerSecond(BatchRun run, SegmentTally total, Instant now) {
    if (run.startedAt().isEmpty()) {
      return Optional.empty();
    }
    Instant until = run.endedAt().orElse(now);
    long millis = Math.max(1, Duration.between(run.startedAt().get(), until).toMillis());
    BigDecimal rate =
        BigDecimal.valueOf(total.completed() + total.failed())
            .multiply(BigDecimal.valueOf(1_000))
            .divide(BigDecimal.valueOf(millis), 2, RoundingMode.HALF_UP);
    return Optional.of(rate.doubleValue());
  }
}
