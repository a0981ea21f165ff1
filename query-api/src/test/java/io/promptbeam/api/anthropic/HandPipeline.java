package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.job.Calls;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.FileLines;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the pipeline does to a batch, step by step. */
final class HandPipeline {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String TOKEN = "token";

  private final JobStore store;
  private final BatchId id;
  private final Jobs jobs;

  HandPipeline(JobStore store, String batch) {
    this.store = store;
    this.id = BatchId.parse(batch, BatchProtocol.ANTHROPIC).orElseThrow();
    this.jobs = new Jobs(store, Clock.systemUTC());
  }

  Batch batch() {
    return store.batches().read(id).join().orElseThrow();
  }

  StoredFile file() {
    return store.files().read(batch().spec().input()).join().orElseThrow();
  }

  /** Writes the lines and lets the batch start; gives their requests. */
  List<JsonNode> expand() throws IOException {
    Batch batch = batch();
    FileLines lines = new FileLines(store.files(), file());
    Map<JobSpec, LlmRequest> specs = new LinkedHashMap<>();
    for (var line = lines.next(); line.isPresent(); line = lines.next()) {
      JsonNode json = MAPPER.readTree(line.get().bytes().orElseThrow());
      specs.put(
          spec(batch, specs.size(), json),
          new LlmRequest.Native(batch.spec().endpoint(), (ObjectNode) json.get("params")));
    }
    store.batches().putLines(specs).join();
    var started = batch.run().started(specs.size(), Instant.now());
    assertThat(store.batches().compareAndSet(batch, started).join()).isPresent();
    return specs.values().stream()
        .<JsonNode>map(request -> ((LlmRequest.Native) request).body())
        .toList();
  }

  private JobSpec spec(Batch batch, int number, JsonNode line) {
    JobLabels labels =
        new JobLabels(
            "batch",
            Optional.empty(),
            Optional.of(id.text(BatchProtocol.ANTHROPIC)),
            Optional.of(line.get("custom_id").textValue()),
            Map.of());
    return new JobSpec(
        new BatchLine(id, number).jobId(),
        batch.spec().owner(),
        line.path("params").path("model").textValue(),
        labels,
        new JobLimits(Priority.BATCH, 100, batch.spec().expiresAt(), 3),
        batch.spec().createdAt(),
        Optional.empty());
  }

  void refuse(int lines, List<LineProblem> problems) {
    Batch batch = batch();
    var failed = batch.run().failed(lines, problems, problems.size(), Instant.now());
    assertThat(store.batches().compareAndSet(batch, failed).join()).isPresent();
  }

  boolean open(int segment) {
    return store.batches().open(id, segment).join();
  }

  void complete(int line, String answer) {
    claim(line);
    apply(
        line,
        new JobEvent.Complete(
            TOKEN, Calls.paid(new Usage(10, 4, 5, 1), new BigDecimal("0.0000045"))),
        Optional.of(answer.getBytes(StandardCharsets.UTF_8)));
  }

  void fail(int line, JobError error) {
    claim(line);
    apply(line, new JobEvent.Fail(TOKEN, error, List.of()), Optional.empty());
  }

  void claim(int line) {
    apply(line, new JobEvent.Claim(TOKEN, Duration.ofMinutes(1)), Optional.empty());
  }

  void apply(int line, JobEvent event, Optional<byte[]> result) {
    Job job = store.read(new BatchLine(id, line).jobId(), Set.of()).join().orElseThrow();
    assertThat(jobs.apply(job, event, result).join()).isInstanceOf(Jobs.Applied.Done.class);
  }

  void finish(int segment) {
    SegmentTally tally = SegmentTally.NONE;
    for (Job job : store.batches().lines(id, segment, Set.of()).join()) {
      tally = tally.plus(job.run());
    }
    store.batches().finish(id, segment, tally).join();
  }

  /** Once every segment is finished or never began. */
  void end() {
    BatchProgress progress = store.batches().progress(id).join().orElseThrow();
    assertThat(progress.isAllEnded()).isTrue();
    Batch batch = progress.batch();
    var ended = batch.run().ended(batch.cut(), progress.total(List.of()), Instant.now());
    assertThat(store.batches().compareAndSet(batch, ended).join()).isPresent();
  }
}
