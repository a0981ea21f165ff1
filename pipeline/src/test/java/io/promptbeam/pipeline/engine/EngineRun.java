package io.promptbeam.pipeline.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.trace.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An engine over jobs in memory, for tests that look at what becomes of single jobs. */
final class EngineRun implements AutoCloseable {
  static final LlmRequest PROMPT =
      new LlmRequest.Prompt(Optional.empty(), "Say hello.", JsonNodeFactory.instance.objectNode());

  private final JobStore store;
  private final CallEngine engine;

  EngineRun(LlmClients clients) {
    this(new InMemoryJobStore(), clients);
  }

  EngineRun(JobStore store, LlmClients clients) {
    this(store, clients, Spending.NONE);
  }

  EngineRun(LlmClients clients, Tracing tracing) {
    this(new InMemoryJobStore(), clients, Spending.NONE, tracing);
  }

  EngineRun(JobStore store, LlmClients clients, Spending spending) {
    this(store, clients, spending, Tracing.OFF);
  }

  private EngineRun(JobStore store, LlmClients clients, Spending spending, Tracing tracing) {
    this.store = store;
    engine =
        CallEngine.start(
            store,
            clients,
            model ->
                new WorkerQuota(
                    new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 8),
                    System.nanoTime()),
            spending,
            new EngineConfig(
                Duration.ofSeconds(60),
                Duration.ofMillis(1),
                50,
                new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
                Duration.ofMillis(200),
                tracing));
  }

  CallEngine engine() {
    return engine;
  }

  Job create(LlmRequest request, int maxAttempts, JobOptions options) throws Exception {
    return create(Owner.LOCAL, request, maxAttempts, options);
  }

  Job create(Owner owner, LlmRequest request, int maxAttempts, JobOptions options)
      throws Exception {
    Instant now = Instant.now();
    var spec =
        new JobSpec(
            JobId.random(),
            owner,
            "m",
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.INTERACTIVE, 100, now.plusSeconds(3_600), maxAttempts),
            now,
            Optional.empty(),
            Optional.empty(),
            options);
    return store.create(spec, request).get(20, TimeUnit.SECONDS).job();
  }

  /** The job as it is when the engine has nothing left to do for it. */
  Job run(Job job) throws Exception {
    offer(job).get(20, TimeUnit.SECONDS);
    return read(job);
  }

  Job run(LlmRequest request, int maxAttempts, JobOptions options) throws Exception {
    return run(create(request, maxAttempts, options));
  }

  CompletableFuture<Void> offer(Job job) {
    CompletableFuture<Void> finished = new CompletableFuture<>();
    engine.offer(
        StoredJobs.item(job),
        new WorkListener() {
          @Override
          public void jobEnded(JobOutcome outcome) {
            // The row says how.
          }

          @Override
          public void itemFinished(WorkItem item) {
            finished.complete(null);
          }
        });
    return finished;
  }

  Job read(Job job) throws Exception {
    return store
        .read(job.spec().id(), EnumSet.of(JobStore.Part.RESULT))
        .get(20, TimeUnit.SECONDS)
        .orElseThrow();
  }

  @Override
  public void close() {
    engine.close();
  }
}
