package io.promptbeam.templates.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.services.bigquery.model.TableRow;
import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobRecordsTest {
  private static final JobSpec SPEC =
      StoredJobs.spec(new Owner("team-a"), Instant.parse("2026-11-01T00:00:00Z"), "model-a");

  private static GenericRecord answered(String answer) {
    Ending ending =
        new Ending(SPEC.createdAt(), Optional.empty(), Optional.empty(), Optional.empty());
    JobRun run =
        new JobRun(
            JobState.COMPLETED,
            1,
            Optional.empty(),
            Optional.empty(),
            Optional.of(SPEC.createdAt()),
            false,
            Optional.of(ending),
            Optional.empty(),
            false);
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    return JobRecords.of(new Job(SPEC, run, "1", Optional.empty(), Optional.of(bytes)), false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"model":"gpt-x","choices":[{"message":{"content":"hi"}}]}                        | gpt-x | hi
          {"model":"claude-x","content":[{"type":"text","text":"hi"}]}                      | claude-x | hi
          {"modelVersion":"gemini-x","candidates":[{"content":{"parts":[{"text":"hi"}]}}]} | gemini-x | hi
          {"model":"embed-x","data":[{"embedding":[0.10,1e400]}]}                           | embed-x |
          not JSON at all                                                                   | |
          """)
  void record_hasTextAndModelOfTheAnswer_andTheAnswerAsItCame(
      String answer, String model, String text) {
    GenericRecord row = answered(answer);
    assertThat(row.get("response")).isEqualTo(answer);
    assertThat(row.get("provider_model")).isEqualTo(model);
    assertThat(row.get("text")).isEqualTo(text);
  }

  @Test
  void text_canBeEncoded_whenAnAnswerHoldsHalfACharacter() {
    GenericRecord row =
        answered("{\"choices\":[{\"message\":{\"content\":\"a\\ud83e b \\ud83e\\udd8a\"}}]}");
    assertThat(row.get("text")).isEqualTo("a? b 🦊");
  }

  @Test
  void costs_areNull_whenNothingIsKnownOfThem() {
    assertThat(List.of("input_tokens", "output_tokens", "cost_usd"))
        .allSatisfy(column -> assertThat(answered("{}").get(column)).isNull());
  }

  @Test
  void tableRow_leavesNullsOut_andWritesTimesAsText() {
    TableRow row = TableOutput.row(answered("{}"));
    assertThat(row)
        .containsEntry("submitted_at", "2026-11-01T00:00:00Z")
        .containsEntry("attempts", 1L)
        .containsEntry("response", "{}")
        .doesNotContainKeys("text", "error_code");
  }

  @Test
  void report_saysHowManyWhere() {
    assertThat(Report.sentence(Map.of("failed", 1L, "completed", 2L), 3, "files", "gs://b/r-*"))
        .isEqualTo("exported 3 jobs {completed=2, failed=1} to gs://b/r-* (3 files)");
    assertThat(Report.sentence(Map.of(), 0, "files", "gs://b/r-*"))
        .isEqualTo("exported 0 jobs to gs://b/r-* (0 files)");
  }

  @Test
  void page_describesEveryColumn() throws Exception {
    String page = Files.readString(Path.of("../docs/templates-export-results.md"));
    for (Schema.Field column : ExportSchema.SCHEMA.getFields()) {
      String type =
          ExportSchema.isTime(ExportSchema.type(column))
              ? "time"
              : switch (ExportSchema.type(column).getType()) {
                case LONG -> "integer";
                case DOUBLE -> "number";
                default -> "text";
              };
      String required = ExportSchema.isNullable(column) ? "" : ", always";
      assertThat(page).contains("| `" + column.name() + "` | " + type + required + " |");
    }
  }
}
