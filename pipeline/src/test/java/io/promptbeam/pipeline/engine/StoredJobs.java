package io.promptbeam.pipeline.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Makes jobs for tests. */
public final class StoredJobs {
  private StoredJobs() {}

  /** A new job of model {@code m}, due in an hour. */
  public static Job create(JobStore store, int maxAttempts) throws Exception {
    return create(store, "m", maxAttempts, Duration.ofHours(1));
  }

  public static Job create(JobStore store, String model, int maxAttempts, Duration deadline)
      throws Exception {
    return create(store, Owner.LOCAL, model, maxAttempts, deadline);
  }

  public static Job create(
      JobStore store, Owner owner, String model, int maxAttempts, Duration deadline)
      throws Exception {
    Instant now = Instant.now();
    var limits = new JobLimits(Priority.INTERACTIVE, 100, now.plus(deadline), maxAttempts);
    return create(store, owner, model, limits, now);
  }

  /** A job that was submitted {@code age} ago. */
  static Job old(JobStore store, String model, Duration age) throws Exception {
    Instant created = Instant.now().minus(age);
    var limits = new JobLimits(Priority.INTERACTIVE, 100, created.plusSeconds(7_200), 3);
    return create(store, Owner.LOCAL, model, limits, created);
  }

  /** A job that is not to start before {@code notBefore}. */
  public static Job scheduled(JobStore store, Instant notBefore) throws Exception {
    Instant deadline = notBefore.plusSeconds(3_600);
    var limits = new JobLimits(Priority.INTERACTIVE, 100, 0, deadline, 3, Optional.of(notBefore));
    return create(store, Owner.LOCAL, "m", limits, Instant.now());
  }

  private static Job create(
      JobStore store, Owner owner, String model, JobLimits limits, Instant now) throws Exception {
    var spec =
        new JobSpec(
            JobId.random(),
            owner,
            model,
            JobLabels.ofType(JobLabels.GENERIC),
            limits,
            now,
            Optional.empty());
    var request =
        new LlmRequest.Prompt(
            Optional.empty(), "Say hello.", JsonNodeFactory.instance.objectNode());
    return store.create(spec, request).get().job();
  }

  public static WorkItem item(Job job) {
    return new SingleJob(JobReference.to(job.spec()));
  }
}
