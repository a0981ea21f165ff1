package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.submit.Resubmissions.Outcome;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResubmissionsTest {
  private static final Instant CREATED = Instant.parse("2026-11-23T10:00:00.5Z");
  private static final Instant NOW = Instant.parse("2026-11-25T08:00:00.123456Z");
  private static final LlmRequest REQUEST =
      new LlmRequest.Prompt(Optional.of("Be brief."), "Why?", StrictJson.object());
  private static final JobSpec SPEC =
      new JobSpec(
          JobId.random(),
          new Owner("ann"),
          "m",
          new JobLabels(
              "nightly",
              Optional.of("q-1"),
              Optional.of("b-1"),
              Optional.of("line-7"),
              Map.of("zone", "eu")),
          new JobLimits(Priority.BATCH, 812, CREATED.plus(Duration.ofHours(3)), 7),
          CREATED,
          Optional.of("hash"));

  private static Resubmissions with(String modelId) {
    return new Resubmissions(
        new ModelCatalog(
            List.of(
                new ModelConfig(
                    modelId,
                    ProviderKind.SIMULATED,
                    Optional.empty(),
                    Optional.empty(),
                    modelId,
                    new RateLimits(60, RateLimits.UNLIMITED, 10),
                    new Pricing(BigDecimal.ONE, BigDecimal.ONE),
                    Timeouts.DEFAULT,
                    Optional.of(Simulation.DEFAULT)))));
  }

  private static Job job(JobState state, boolean erased, Optional<LlmRequest> request) {
    Optional<Ending> ending =
        state.isTerminal()
            ? Optional.of(new Ending(NOW, Optional.empty(), Optional.empty(), Optional.empty()))
            : Optional.empty();
    JobRun run =
        new JobRun(
            state,
            1,
            state == JobState.PROCESSING
                ? Optional.of(new Lease("token", NOW.plusSeconds(60)))
                : Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            ending,
            Optional.empty(),
            erased);
    return new Job(SPEC, run, "v", request, Optional.empty());
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILED", "EXPIRED", "CANCELLED"})
  void newJob_hasEverythingOfTheOld_butItsIdAndTimes(JobState state) {
    Outcome outcome = with("m").of(job(state, false, Optional.of(REQUEST)), NOW);

    assertThat(outcome).isInstanceOf(Outcome.Ready.class);
    Submission submission = ((Outcome.Ready) outcome).submission();
    Instant createdAt = Instant.parse("2026-11-25T08:00:00.123Z");
    assertThat(submission.request()).isEqualTo(REQUEST);
    assertThat(submission.spec())
        .isEqualTo(
            new JobSpec(
                JobId.forRetryOf(SPEC.owner(), SPEC.id()),
                SPEC.owner(),
                "m",
                SPEC.labels(),
                new JobLimits(Priority.BATCH, 812, createdAt.plus(Duration.ofHours(3)), 7),
                createdAt,
                Optional.empty(),
                Optional.of(SPEC.id())));
  }

  @ParameterizedTest
  @EnumSource(names = {"PENDING", "PROCESSING", "COMPLETED"})
  void job_isNotRepeated_whenItHasAnAnswerOrMayGetOne(JobState state) {
    assertThat(with("m").of(job(state, false, Optional.of(REQUEST)), NOW))
        .isEqualTo(new Outcome.NotFailed(state));
  }

  @Test
  void job_isNotRepeated_whenItsRequestIsGone() {
    assertThat(with("m").of(job(JobState.FAILED, true, Optional.empty()), NOW))
        .isEqualTo(new Outcome.Erased());
    assertThat(with("m").of(job(JobState.FAILED, false, Optional.empty()), NOW))
        .isEqualTo(new Outcome.Erased());
  }

  @Test
  void job_isNotRepeated_whenItsModelIsGone() {
    assertThat(with("other").of(job(JobState.FAILED, false, Optional.of(REQUEST)), NOW))
        .isEqualTo(new Outcome.ModelGone("m"));
  }
}
