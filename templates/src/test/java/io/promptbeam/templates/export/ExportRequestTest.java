package io.promptbeam.templates.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.store.JobStore.Part;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportRequestTest {
  private static final String BATCH = "--batchId=batch_0123456789abcdef01234567";
  private static final String OUTPUT = "--output=gs://my-bucket/exports/results";

  static ExportResultsOptions options(String... args) {
    String[] all =
        Stream.concat(Stream.of("--bigtable=bigtable://my-project/promptbeam"), Stream.of(args))
            .toArray(String[]::new);
    return PipelineOptionsFactory.fromArgs(all).withValidation().as(ExportResultsOptions.class);
  }

  @Test
  void request_isForWhatHasEnded_whenNoStatesAreGiven() {
    ExportRequest request = ExportRequest.of(options(BATCH));
    assertThat(request.states())
        .containsExactlyInAnyOrder(
            JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED);
    assertThat(request.parts()).containsExactly(Part.RESULT);
  }

  @Test
  void request_readsNoResults_whenOnlyJobsWithoutAreAskedFor() {
    ExportRequest request = ExportRequest.of(options(BATCH, "--states=failed, expired"));
    assertThat(request.states()).containsExactlyInAnyOrder(JobState.FAILED, JobState.EXPIRED);
    assertThat(request.parts()).isEmpty();
  }

  @Test
  void request_isForCompletedJobs_whenErrorsAreLeftOut() {
    ExportRequest request =
        ExportRequest.of(options(BATCH, "--includeErrors=false", "--includeRequest=true"));
    assertThat(request.states()).containsExactly(JobState.COMPLETED);
    assertThat(request.parts()).containsExactlyInAnyOrder(Part.RESULT, Part.REQUEST);
  }

  @Test
  void request_readsTimesWithOffsets_andTakesBlanksForNothing() {
    ExportRequest request =
        ExportRequest.of(
            options(
                "--batchId= ",
                "--from=2026-11-01T01:00:00+01:00",
                "--to=2026-12-01T00:00:00Z",
                "--owner=team-a",
                "--model=model-a,model-b"));
    assertThat(request.source())
        .isEqualTo(
            new ExportRequest.Source.Times(
                Instant.parse("2026-11-01T00:00:00Z"), Instant.parse("2026-12-01T00:00:00Z")));
    assertThat(request.owner()).contains(new Owner("team-a"));
    assertThat(request.models()).containsExactlyInAnyOrder("model-a", "model-b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --owner=team-a                                                | what to export is missing
          --from=yesterday --to=2026-12-01T00:00:00Z                    | --from is a time such as
          --from=2026-12-01T00:00:00Z --to=2026-12-01T00:00:00Z         | must be before --to
          --to=2026-12-01T00:00:00Z                                     | what to export is missing
          --batchId=batch_0123456789abcdef01234567 --to=2026-12-01T00:00:00Z | not both
          --batchId=0123456789abcdef01234567                            | batch_ or msgbatch_
          --batchId=batch_0123456789abcdef01234567 --states=done        | not 'done'
          --batchId=batch_0123456789abcdef01234567 --states=failed --includeErrors=false | contradicts
          --batchId=batch_0123456789abcdef01234567 --owner=a/b          | owner must be
          --batchId=batch_0123456789abcdef01234567 --owner=             | --owner is blank
          """)
  void request_isRefused_whenOptionsContradict(String args, String message) {
    assertThatThrownBy(() -> ExportRequest.of(options(args.split(" "))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --numFiles=1                                                    | one of --output and
          --output=gs://b/x --outputTable=p:d.t                         | one of --output and
          --output=results                                              | a folder and the beginning
          --output=gs://bucket                                          | a folder and the beginning
          --output=gs://bucket/folder/                                  | a folder and the beginning
          --output=gs://bucket/res*                                     | must not contain
          --output=gs://bucket/r --outputFormat=csv                     | jsonl, avro, parquet
          --output=gs://bucket/r --compression=lzo                      | none, gzip, snappy, zstd
          --output=gs://bucket/r --compression=snappy                   | for avro and parquet
          --output=gs://bucket/r --numFiles=-1                            | 1 to 10000
          --outputTable=results                                         | PROJECT:DATASET.TABLE
          --outputTable=my-project:llm.results --writeDisposition=drop  | empty, append or truncate
          """)
  void pipeline_isNotBuilt_whenThePlaceIsWrong(String args, String message) {
    String[] all =
        Stream.concat(Stream.of(BATCH), Stream.of(args.split(" "))).toArray(String[]::new);
    assertThatThrownBy(() -> ExportResultsTemplate.build(options(all)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void pipeline_fixesTheEnd_whenNoneIsGiven() {
    ExportResultsOptions options = options(OUTPUT, "--from=2026-11-01T00:00:00Z");
    Instant before = Instant.now();
    ExportResultsTemplate.build(options);
    assertThat(Instant.parse(ExportRequest.required("to", options.getTo())))
        .isBetween(before, Instant.now());
  }

  @Test
  void choices_areTakenInAnyCase() {
    ExportResultsOptions options = options("--outputFormat=Parquet", "--compression=ZSTD");
    FileOutput files = FileOutput.of("gs://b/folder/results", options);
    assertThat(files.pattern()).isEqualTo("gs://b/folder/results-*-of-*.parquet");
    assertThat(List.of(files.format(), files.codec()))
        .isEqualTo(List.of(FileOutput.Format.PARQUET, FileOutput.Codec.ZSTD));
  }
}
