package io.promptbeam.store;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Jobs to test with. */
final class TestJobs {
  static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");

  private TestJobs() {}

  static JobSpec spec(Owner owner, Instant createdAt) {
    return spec(JobId.random(), owner, createdAt, "mock", JobLabels.ofType(JobLabels.GENERIC));
  }

  static JobSpec spec(JobId id, Owner owner, Instant createdAt, String modelId, JobLabels labels) {
    JobLimits limits =
        new JobLimits(Priority.INTERACTIVE, 100, createdAt.plus(Duration.ofDays(1)), 3);
    return new JobSpec(id, owner, modelId, labels, limits, createdAt, Optional.empty());
  }

  static LlmRequest prompt(String input) {
    return new LlmRequest.Prompt(Optional.empty(), input, JsonNodeFactory.instance.objectNode());
  }
}
