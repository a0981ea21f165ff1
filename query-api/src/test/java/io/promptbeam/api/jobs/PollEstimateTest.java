package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Transition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PollEstimateTest {
  private static final Instant CREATED = Instant.parse("2026-03-01T10:00:00Z");

  private static Job job(Priority priority, JobRun run) {
    JobSpec spec =
        new JobSpec(
            JobId.random(),
            Owner.LOCAL,
            "m",
            JobLabels.ofType("t"),
            new JobLimits(priority, 1, CREATED.plus(Duration.ofDays(1)), 3),
            CREATED,
            Optional.empty());
    return new Job(spec, run, "v", Optional.empty(), Optional.empty());
  }

  private static JobRun after(JobRun run, JobEvent event, Duration age) {
    JobLimits limits = job(Priority.BATCH, run).spec().limits();
    return ((Transition.Moved) run.apply(event, limits, CREATED.plus(age))).next();
  }

  private static long millis(Job job, Duration age) {
    return PollEstimate.of(job, CREATED.plus(age)).toMillis();
  }

  @Test
  void wait_growsWithAge_andIsCapped() {
    Job interactive = job(Priority.INTERACTIVE, JobRun.NEW);
    assertThat(millis(interactive, Duration.ZERO)).isEqualTo(500);
    assertThat(millis(interactive, Duration.ofSeconds(10))).isEqualTo(1_000);
    assertThat(millis(interactive, Duration.ofDays(6))).isEqualTo(2_000);
    Job batch = job(Priority.BATCH, JobRun.NEW);
    assertThat(millis(batch, Duration.ZERO)).isEqualTo(2_000);
    assertThat(millis(batch, Duration.ofDays(6))).isEqualTo(30_000);
  }

  @Test
  void wait_isShort_whenAClockIsBehind() {
    assertThat(millis(job(Priority.INTERACTIVE, JobRun.NEW), Duration.ofHours(-1))).isEqualTo(500);
  }

  @Test
  void wait_isShortAgain_whenTheCallBegins() {
    Duration hour = Duration.ofHours(1);
    JobRun called = after(JobRun.NEW, new JobEvent.Claim("t", hour), hour);
    assertThat(millis(job(Priority.INTERACTIVE, called), hour.plusSeconds(1))).isEqualTo(500);
  }

  @Test
  void wait_isZero_whenTheJobHasEnded() {
    JobRun ended = after(JobRun.NEW, new JobEvent.RequestCancel(), Duration.ZERO);
    assertThat(millis(job(Priority.INTERACTIVE, ended), Duration.ZERO)).isZero();
  }

  @Test
  void retryAfter_isWholeSeconds_andNeverZero() {
    assertThat(PollEstimate.retryAfterSeconds(Duration.ofMillis(500))).isEqualTo("1");
    assertThat(PollEstimate.retryAfterSeconds(Duration.ofMillis(1_001))).isEqualTo("2");
  }
}
