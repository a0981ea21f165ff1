package io.promptbeam.pipeline.batch;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.store.BatchStore;
import io.promptbeam.submit.BatchLineParser.Parsed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A segment while its lines are read. Its rows are sent in portions that stay small. */
final class SegmentDraft {
  private static final int PORTION_BYTES = 2_000_000;
  private static final int MAX_ATTEMPTS = 3;

  private final BatchStore store;
  private final BatchSpec batch;
  private final int segment;
  private final List<CompletableFuture<Void>> written = new ArrayList<>();
  private final Map<String, List<int[]>> linesByModel = new LinkedHashMap<>();
  private Map<JobSpec, LlmRequest> portion = new LinkedHashMap<>();
  private int portionBytes;
  private long bytes;

  SegmentDraft(BatchStore store, Batch batch, int segment) {
    this.store = store;
    this.batch = batch.spec();
    this.segment = segment;
  }

  int segment() {
    return segment;
  }

  /** Of its lines in the file. */
  long bytes() {
    return bytes;
  }

  void add(int number, Parsed.Good line, int lineBytes) {
    if (portionBytes + lineBytes > PORTION_BYTES) {
      send();
    }
    portionBytes += lineBytes;
    bytes += lineBytes;
    int input = tokens(line.inputTokens());
    int output = tokens(line.outputTokens());
    portion.put(spec(number, line, input, output), line.request());
    linesByModel
        .computeIfAbsent(line.modelId(), model -> new ArrayList<>())
        .add(new int[] {number, input, output});
  }

  private static int tokens(long estimate) {
    return (int) Math.min(Integer.MAX_VALUE / 2, Math.max(0, estimate));
  }

  private JobSpec spec(int number, Parsed.Good line, int input, int output) {
    return new JobSpec(
        new BatchLine(batch.id(), number).jobId(),
        batch.owner(),
        line.modelId(),
        new JobLabels(
            "batch",
            Optional.empty(),
            Optional.of(batch.id().text(batch.protocol())),
            Optional.of(line.customId()),
            Map.of()),
        new JobLimits(
            Priority.BATCH,
            (long) input + output,
            output,
            batch.expiresAt(),
            MAX_ATTEMPTS,
            Optional.empty()),
        batch.createdAt(),
        Optional.empty());
  }

  private void send() {
    if (!portion.isEmpty()) {
      written.add(store.putLines(portion));
      portion = new LinkedHashMap<>();
      portionBytes = 0;
    }
  }

  /** Completes when all rows are written. */
  CompletableFuture<Void> lines() {
    send();
    return CompletableFuture.allOf(written.toArray(CompletableFuture<?>[]::new));
  }

  /** One item for each model. */
  List<SegmentItem> items() {
    List<SegmentItem> items = new ArrayList<>(linesByModel.size());
    linesByModel.forEach(
        (model, lines) ->
            items.add(
                new SegmentItem(
                    batch.id(),
                    segment,
                    batch.owner(),
                    model,
                    column(lines, 0),
                    column(lines, 1),
                    column(lines, 2))));
    return items;
  }

  private static int[] column(List<int[]> lines, int which) {
    return lines.stream().mapToInt(line -> line[which]).toArray();
  }
}
