package io.promptbeam.templates.export;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.FileId;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Transition;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Jobs and batches, written as the service and the pipeline write them. */
final class StoredJobs {
  private static final String TOKEN = "t";
  private static final Duration WINDOW = Duration.ofDays(1);
  private static final Duration CALL = Duration.ofSeconds(2);

  private final JobStore store;

  StoredJobs(JobStore store) {
    this.store = store;
  }

  static JobSpec spec(Owner owner, Instant createdAt, String model) {
    return spec(
        JobId.random(),
        owner,
        createdAt,
        model,
        new JobLabels(
            "chat",
            Optional.of("question-7"),
            Optional.empty(),
            Optional.of("mine-1"),
            Map.of("team", "Zürich 🦊")));
  }

  private static JobSpec spec(
      JobId id, Owner owner, Instant createdAt, String model, JobLabels labels) {
    JobLimits limits = new JobLimits(Priority.BATCH, 100, createdAt.plus(WINDOW), 3);
    return new JobSpec(id, owner, model, labels, limits, createdAt, Optional.empty());
  }

  static LlmRequest prompt(String text) {
    return new LlmRequest.Prompt(
        Optional.of("Be brief."), text, JsonNodeFactory.instance.objectNode().put("top_p", 0.5));
  }

  static byte[] chatAnswer(String text) {
    String json = JsonNodeFactory.instance.textNode(text).toString();
    return ("{\"model\": \"real-1\",\n \"choices\":[{\"message\":{\"content\":" + json + "}}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** A job that nobody has worked on. */
  JobId waiting(JobSpec spec, LlmRequest request) {
    store.create(spec, request).join();
    return spec.id();
  }

  /** A job that was answered. */
  JobId completed(JobSpec spec, LlmRequest request, byte[] answer) {
    waiting(spec, request);
    complete(spec.id(), answer);
    return spec.id();
  }

  static BatchSpec batch(Owner owner, Instant createdAt) {
    return new BatchSpec(
        BatchId.random(),
        owner,
        BatchProtocol.OPENAI,
        FileId.random(),
        "/v1/chat/completions",
        "24h",
        Map.of(),
        createdAt,
        createdAt.plus(WINDOW),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** A batch that has begun, whose lines up to {@code written} are written. */
  void started(BatchSpec spec, int lines, int written) {
    Batch made = store.batches().create(spec).join().batch();
    store.batches().compareAndSet(made, made.run().started(lines, spec.createdAt())).join();
    Map<JobSpec, LlmRequest> rows = new HashMap<>();
    for (int number = 0; number < written; number++) {
      rows.put(line(spec, number), prompt("line " + number));
    }
    store.batches().putLines(rows).join();
  }

  private static JobSpec line(BatchSpec batch, int number) {
    JobLabels labels =
        new JobLabels(
            "batch",
            Optional.empty(),
            Optional.of(batch.id().text(batch.protocol())),
            Optional.of("line-" + number),
            Map.of());
    return spec(
        new BatchLine(batch.id(), number).jobId(),
        batch.owner(),
        batch.createdAt(),
        "model-a",
        labels);
  }

  void complete(JobId id, byte[] answer) {
    Job job = claimed(id);
    JobEvent done = new JobEvent.Complete(TOKEN, List.of(call(job, Optional.empty())));
    put(job, done, at(job).plus(CALL), Optional.of(answer));
  }

  void fail(JobId id, JobError error) {
    Job job = claimed(id);
    JobEvent failed =
        new JobEvent.Fail(TOKEN, error, List.of(call(job, Optional.of(error.code()))));
    put(job, failed, at(job).plus(CALL), Optional.empty());
  }

  void cancel(JobId id) {
    Job job = read(id);
    put(job, new JobEvent.RequestCancel(), at(job), Optional.empty());
  }

  void expire(JobId id) {
    Job job = read(id);
    put(job, new JobEvent.Expire(), job.spec().limits().deadline(), Optional.empty());
  }

  void erase(JobId id) {
    put(read(id), new JobEvent.Erase(), Instant.now(), Optional.empty());
  }

  Job claimed(JobId id) {
    Job job = read(id);
    put(job, new JobEvent.Claim(TOKEN, Duration.ofMinutes(1)), at(job), Optional.empty());
    return read(id);
  }

  private static Instant at(Job job) {
    return job.spec().createdAt().plusSeconds(1);
  }

  private static CallRecord call(Job job, Optional<String> error) {
    Optional<Usage> usage =
        error.isPresent() ? Optional.empty() : Optional.of(new Usage(10, 4, 5, 2));
    return new CallRecord(
        1,
        job.spec().modelId(),
        at(job),
        usage,
        usage.map(used -> new BigDecimal("0.000125")),
        error);
  }

  private Job read(JobId id) {
    return store.read(id, Set.of()).join().orElseThrow();
  }

  private void put(Job job, JobEvent event, Instant at, Optional<byte[]> result) {
    Transition moved = job.run().apply(event, job.spec().limits(), at);
    JobRun next = ((Transition.Moved) moved).next();
    if (store.compareAndSet(job, next, result).join().isEmpty()) {
      throw new IllegalStateException("somebody else changed " + job.spec().id());
    }
  }
}
