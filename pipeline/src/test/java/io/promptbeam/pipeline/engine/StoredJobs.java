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
    Instant now = Instant.now();
    var spec =
        new JobSpec(
            JobId.random(),
            Owner.LOCAL,
            model,
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.INTERACTIVE, 100, now.plus(deadline), maxAttempts),
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
