package io.promptbeam.local.run;

import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Jobs as a store would answer them. */
final class TestJobs {
  static final Instant START = Instant.parse("2026-11-01T10:00:00Z");

  private TestJobs() {}

  static Job completed(Duration latency, Usage usage, String costUsd, String result) {
    Ending ending =
        new Ending(
            START.plus(latency),
            Optional.of(usage),
            Optional.of(new BigDecimal(costUsd)),
            Optional.empty());
    return job(JobState.COMPLETED, ending, Optional.of(result.getBytes(StandardCharsets.UTF_8)));
  }

  static Job failed(JobError error) {
    return job(
        JobState.FAILED,
        new Ending(START, Optional.empty(), Optional.empty(), Optional.of(error)),
        Optional.empty());
  }

  private static Job job(JobState state, Ending ending, Optional<byte[]> result) {
    JobSpec spec =
        new JobSpec(
            new JobId(new UUID(0, 1)),
            Owner.LOCAL,
            "m",
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.BATCH, 10, START.plusSeconds(60), 3),
            START,
            Optional.empty());
    JobRun run =
        new JobRun(
            state,
            2,
            Optional.empty(),
            Optional.empty(),
            Optional.of(START),
            false,
            Optional.of(ending),
            Optional.empty(),
            false);
    return new Job(spec, run, "v", Optional.empty(), result);
  }
}
