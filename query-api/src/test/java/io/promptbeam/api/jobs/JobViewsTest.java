package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
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
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobViewsTest {
  private static final Instant CREATED = Instant.parse("2026-11-01T10:00:00Z");

  @Test
  void times_haveMilliseconds_howeverFineTheClockIs() throws Exception {
    JsonNode view = new ObjectMapper().readTree(JobViews.result(completed()));

    assertThat(view.path("created_at").asText()).isEqualTo("2026-11-01T10:00:00.000Z");
    assertThat(view.path("started_at").asText()).isEqualTo("2026-11-01T10:00:01.123Z");
    assertThat(view.path("completed_at").asText()).isEqualTo("2026-11-01T10:00:02.120Z");
    assertThat(view.path("deadline_at").asText()).isEqualTo("2026-11-01T10:01:00.000Z");
  }

  private static Job completed() {
    JobSpec spec =
        new JobSpec(
            JobId.random(),
            Owner.LOCAL,
            "m",
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.BATCH, 10, CREATED.plusSeconds(60), 3),
            CREATED,
            Optional.empty());
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
    return new Job(spec, run, "v", Optional.empty(), Optional.of(answer));
  }
}
