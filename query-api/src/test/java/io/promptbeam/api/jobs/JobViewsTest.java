package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Transition;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobViewsTest {
  private static final Instant CREATED = Instant.parse("2026-11-01T10:00:00Z");
  private static final Instant LATER = CREATED.plusSeconds(1_000);
  private static final JobSpec SPEC =
      new JobSpec(
          JobId.random(),
          Owner.LOCAL,
          "m",
          JobLabels.ofType(JobLabels.GENERIC),
          new JobLimits(Priority.BATCH, 10, CREATED.plusSeconds(60), 3),
          CREATED,
          Optional.empty());

  @Test
  void times_haveMilliseconds_howeverFineTheClockIs() throws Exception {
    JsonNode view = new ObjectMapper().readTree(JobViews.result(completed()));

    assertThat(view.path("created_at").asText()).isEqualTo("2026-11-01T10:00:00.000Z");
    assertThat(view.path("started_at").asText()).isEqualTo("2026-11-01T10:00:01.123Z");
    assertThat(view.path("completed_at").asText()).isEqualTo("2026-11-01T10:00:02.120Z");
    assertThat(view.path("deadline_at").asText()).isEqualTo("2026-11-01T10:01:00.000Z");
  }

  @Test
  void costs_areShownCallByCallAndInAll_ofAnEndedJob() throws Exception {
    JsonNode view = new ObjectMapper().readTree(JobViews.result(retried()));

    assertThat(view.path("usage").path("total_tokens").longValue()).isEqualTo(36);
    assertThat(view.path("usage").path("cached_input_tokens").longValue()).isEqualTo(4);
    assertThat(view.path("cost_usd").decimalValue()).isEqualByComparingTo("0.0000123");
    assertThat(view.path("calls")).hasSize(2);
    assertThat(view.at("/calls/0/error").asText()).isEqualTo("empty_answer");
    assertThat(view.at("/calls/0/cost_usd").decimalValue()).isEqualByComparingTo("0.0000023");
    assertThat(view.at("/calls/1/error").isNull()).isTrue();
    assertThat(view.at("/calls/1/model_id").asText()).isEqualTo("fallback");
    assertThat(view.at("/calls/1/attempt").intValue()).isEqualTo(2);
    assertThat(view.at("/calls/1/usage/output_tokens").longValue()).isEqualTo(9);
    assertThat(JobViews.status(retried(), CREATED)).isEqualTo(JobViews.status(retried(), LATER));
  }

  @Test
  void costs_areThoseSoFar_whileTheJobWaitsForItsNextAttempt() throws Exception {
    JsonNode view = new ObjectMapper().readTree(JobViews.status(waiting(), CREATED));

    assertThat(view.path("status").asText()).isEqualTo("pending");
    assertThat(view.path("cost_usd").decimalValue()).isEqualByComparingTo("0.0000023");
    assertThat(view.path("usage").path("input_tokens").longValue()).isEqualTo(11);
    assertThat(view.path("calls")).hasSize(1);
  }

  private static CallRecord firstCall() {
    return new CallRecord(
        1,
        "m",
        CREATED.plusSeconds(2),
        Optional.of(new Usage(11, 4, 1, 0)),
        Optional.of(new BigDecimal("0.0000023")),
        Optional.of("empty_answer"));
  }

  private static Job waiting() {
    JobRun claimed = moved(JobRun.NEW, new JobEvent.Claim("t1", Duration.ofMinutes(1)));
    return job(
        moved(
            claimed,
            new JobEvent.Retry(
                "t1",
                CREATED,
                JobError.of("empty_answer", "There is nothing in it."),
                List.of(firstCall()))));
  }

  private static Job retried() {
    CallRecord second =
        new CallRecord(
            2,
            "fallback",
            CREATED.plusSeconds(3),
            Optional.of(new Usage(15, 0, 9, 2)),
            Optional.of(new BigDecimal("0.00001")),
            Optional.empty());
    JobRun claimed = moved(waiting().run(), new JobEvent.Claim("t2", Duration.ofMinutes(1)));
    return job(moved(claimed, new JobEvent.Complete("t2", List.of(second))));
  }

  private static JobRun moved(JobRun run, JobEvent event) {
    return ((Transition.Moved) run.apply(event, SPEC.limits(), CREATED.plusSeconds(3))).next();
  }

  private static Job job(JobRun run) {
    byte[] answer = "{\"choices\":[]}".getBytes(StandardCharsets.UTF_8);
    return new Job(SPEC, run, "v", Optional.empty(), Optional.of(answer));
  }

  private static Job completed() {
    Ending ending =
        new Ending(
            Instant.parse("2026-11-01T10:00:02.120000456Z"),
            Optional.of(Usage.of(1, 1)),
            Optional.of(BigDecimal.ONE),
            Optional.empty());
    JobRun run =
        new JobRun(
            JobState.COMPLETED,
            1,
            Optional.empty(),
            Optional.empty(),
            Optional.of(Instant.parse("2026-11-01T10:00:01.123987654Z")),
            false,
            Optional.of(ending),
            Optional.empty(),
            false);
    byte[] answer = "{\"choices\":[]}".getBytes(StandardCharsets.UTF_8);
    return new Job(SPEC, run, "v", Optional.empty(), Optional.of(answer));
  }
}
