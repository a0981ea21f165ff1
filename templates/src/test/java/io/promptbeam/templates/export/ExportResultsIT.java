package io.promptbeam.templates.export;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.services.bigquery.model.Table;
import com.google.api.services.bigquery.model.TableReference;
import com.google.api.services.bigquery.model.TableRow;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.io.gcp.testing.FakeBigQueryServices;
import org.apache.beam.sdk.io.gcp.testing.FakeDatasetService;
import org.apache.beam.sdk.io.gcp.testing.FakeJobService;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports on the DirectRunner, from rows that the store's own code wrote. */
class ExportResultsIT {
  private static final Instant T0 = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant T1 = Instant.parse("2026-11-02T00:00:00Z");
  private static final Owner A = new Owner("team-a");
  private static final Owner B = new Owner("team-b");
  private static final BatchSpec BATCH = StoredJobs.batch(A, T0.plusSeconds(60));
  private static final BatchSpec OTHER = StoredJobs.batch(B, T0.plusSeconds(61));
  private static final String WEIRD = "Grüße, 世界 🦊 \"quoted\"\n\ttab \u2028";

  private static Emulator emulator;
  private static String target;
  private static JobId atFrom;
  private static JobId atTo;
  private static JobId early;
  private static JobId ofB;
  private static JobId waiting;
  private static JobId erased;

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  private ExportResultsOptions options;

  @BeforeAll
  static void writeJobs() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    var at = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    target = at.toString();
    BigtableSchema.createEmbedded(at);
    try (BigtableJobStore store = BigtableJobStore.open(at)) {
      StoredJobs jobs = new StoredJobs(store);
      byte[] answer = StoredJobs.chatAnswer("hello");
      var prompt = StoredJobs.prompt("the prompt");
      early = jobs.completed(StoredJobs.spec(A, T0.minusMillis(1), "model-a"), prompt, answer);
      atFrom = jobs.completed(StoredJobs.spec(A, T0, "model-a"), prompt, answer);
      atTo = jobs.completed(StoredJobs.spec(A, T1, "model-a"), prompt, answer);
      erased = jobs.completed(StoredJobs.spec(A, T1.minusMillis(1), "model-b"), prompt, answer);
      jobs.erase(erased);
      waiting = jobs.waiting(StoredJobs.spec(A, T0.plusSeconds(5), "model-a"), prompt);
      ofB = jobs.completed(StoredJobs.spec(B, T0.plusSeconds(5), "model-a"), prompt, answer);
      writeBatch(store, jobs);
      jobs.started(OTHER, 1, 1);
      store.batches().open(OTHER.id(), 0).join();
      jobs.complete(new BatchLine(OTHER.id(), 0).jobId(), answer);
    }
  }

  /** Segment 0 has ended, 1 had begun when the batch was cancelled, 2 had not. */
  private static void writeBatch(BigtableJobStore store, StoredJobs jobs) {
    jobs.started(BATCH, 515, 514);
    store.batches().open(BATCH.id(), 0).join();
    store.batches().open(BATCH.id(), 1).join();
    jobs.complete(line(0), StoredJobs.chatAnswer(WEIRD));
    jobs.fail(line(1), new JobError("invalid_request", "No such field.", Optional.of(400)));
    jobs.expire(line(2));
    jobs.cancel(line(3));
    jobs.complete(line(4), StoredJobs.chatAnswer("x".repeat(8_900_000)));
    for (int number = 5; number < BatchLine.PER_SEGMENT; number++) {
      jobs.complete(line(number), StoredJobs.chatAnswer("answer " + number));
    }
    jobs.claimed(line(256));
    SegmentTally all = store.batches().tally(BATCH.id(), 0).join();
    store.batches().finish(BATCH.id(), 0, all).join();
    store.batches().cut(BATCH.id(), new Cut(Cut.Kind.CANCELLED, T0.plusSeconds(90))).join();
  }

  private static JobId line(int number) {
    return new BatchLine(BATCH.id(), number).jobId();
  }

  @AfterAll
  static void stopEmulator() {
    emulator.stop();
  }

  @BeforeEach
  void setOptions() {
    options = PipelineOptionsFactory.create().as(ExportResultsOptions.class);
    DirectOptions direct = options.as(DirectOptions.class);
    direct.setRunner(DirectRunner.class);
    // Both copy every row several times, the largest among them.
    direct.setEnforceEncodability(false);
    direct.setEnforceImmutability(false);
    options.setTempLocation(folder.resolve("temp").toString());
    options.setBigtable(target);
    options.setOutput(folder.resolve("out/results").toString());
  }

  @Test
  void batch_isExportedAsItStands_inEveryFormat() throws Exception {
    options.setBatchId(BATCH.id().text(BatchProtocol.OPENAI));
    PipelineResult result = run();
    var rows = exported();

    assertThat(rows.keySet()).hasSize(256 + 2);
    assertThat(count(result, "jobs_exported")).isEqualTo(258);
    assertThat(count(result, "jobs_completed")).isEqualTo(253);
    assertThat(rows.get(line(0).toString()))
        .containsEntry("batch_id", BATCH.id().text(BatchProtocol.OPENAI))
        .containsEntry("custom_id", "line-0")
        .containsEntry("line", 1L)
        .containsEntry("owner", "team-a")
        .containsEntry("job_type", "batch")
        .containsEntry("model", "model-a")
        .containsEntry("served_by", "model-a")
        .containsEntry("provider_model", "real-1")
        .containsEntry("state", "completed")
        .containsEntry("text", WEIRD)
        .containsEntry("error_code", null)
        .containsEntry("input_tokens", 10L)
        .containsEntry("cached_input_tokens", 4L)
        .containsEntry("output_tokens", 5L)
        .containsEntry("reasoning_tokens", 2L)
        .containsEntry("cost_usd", 0.000125)
        .containsEntry("attempts", 1L)
        .containsEntry("submitted_at", "2026-11-01T00:01:00Z")
        .containsEntry("started_at", "2026-11-01T00:01:01Z")
        .containsEntry("completed_at", "2026-11-01T00:01:03Z")
        .containsEntry("metadata", null)
        .containsEntry("request", null)
        .containsEntry("response", new String(StoredJobs.chatAnswer(WEIRD), UTF_8));
    assertThat(rows.get(line(1).toString()))
        .containsEntry("state", "failed")
        .containsEntry("error_code", "invalid_request")
        .containsEntry("error_message", "No such field.")
        .containsEntry("response", null);
    assertThat(rows.get(line(2).toString()))
        .containsEntry("state", "expired")
        .containsEntry("error_code", "deadline_exceeded");
    assertThat(rows.get(line(3).toString())).containsEntry("state", "cancelled");
    assertThat(rows.get(line(4).toString()))
        .hasEntrySatisfying("text", text -> assertThat((String) text).hasSize(8_900_000));
    assertThat(rows.get(line(512).toString()))
        .containsEntry("state", "cancelled")
        .containsEntry("error_code", "cancelled")
        .containsEntry("completed_at", "2026-11-01T00:01:30Z");

    for (String format : List.of("avro", "parquet")) {
      options.setOutputFormat(format);
      options.setOutput(folder.resolve(format + "/results").toString());
      run();
      // Said without the rows, which have megabytes.
      boolean same = ExportedFiles.rows(folder.resolve(format)).equals(rows);
      assertThat(same).as(format).isTrue();
    }
  }

  @Test
  void time_takesWhatWasSubmittedIn_fromInclusiveToExclusive() throws Exception {
    options.setFrom(T0.toString());
    options.setTo(T1.toString());
    options.setIncludeErrors(false);
    options.setOutputFormat("avro");
    run();
    assertThat(exported().keySet())
        .contains(id(atFrom), id(erased), id(ofB), id(line(0)), line1OfB())
        .doesNotContain(id(early), id(atTo), id(waiting), id(line(1)), id(line(512)))
        .hasSize(3 + 253 + 1);
  }

  @Test
  void owner_getsItsJobsAndLines_andNobodyElses() throws Exception {
    options.setFrom(T0.toString());
    options.setTo(T1.toString());
    options.setOwner("team-a");
    options.setStates("completed,pending,cancelled");
    options.setIncludeRequest(true);
    run();
    var rows = exported();
    assertThat(rows.keySet())
        .contains(id(atFrom), id(erased), id(waiting), id(line(0)), id(line(300)), id(line(513)))
        .hasSize(3 + 254 + 255 + 2);
    assertThat(rows.values()).allMatch(row -> "team-a".equals(row.get("owner")));
    assertThat(rows.get(id(atFrom)))
        .containsEntry("metadata", "{\"team\":\"Zürich 🦊\"}")
        .containsEntry("question_id", "question-7")
        .containsEntry(
            "request",
            "{\"system_message\":\"Be brief.\",\"full_input\":\"the prompt\","
                + "\"params\":{\"top_p\":0.5}}");
    assertThat(rows.get(id(erased)))
        .containsEntry("error_code", "erased")
        .containsEntry("request", null);
  }

  @Test
  void model_filtersOthersOut() throws Exception {
    options.setFrom(T0.minusSeconds(60).toString());
    options.setTo(T1.plusSeconds(60).toString());
    options.setModel("model-b");
    options.setNumFiles(1);
    run();
    assertThat(exported().keySet()).containsExactly(id(erased));
  }

  @Test
  void export_makesNoFile_whenNothingMatches() throws Exception {
    options.setFrom("2001-01-01T00:00:00Z");
    options.setTo("2001-01-02T00:00:00Z");
    options.setOwner("team-a");
    options.setNumFiles(1);
    run();
    assertThat(folder.resolve("out/results-00000-of-00001.jsonl")).doesNotExist();
  }

  @Test
  void export_isRefused_whenFilesOfAnotherAreThere() throws Exception {
    options.setBatchId(OTHER.id().text(BatchProtocol.OPENAI));
    options.setCompression("gzip");
    options.setNumFiles(1);
    run();
    assertThatThrownBy(this::run).hasMessageContaining("take another --output");
    Path file = folder.resolve("out/results-00000-of-00001.jsonl.gz");
    try (var lines = new GZIPInputStream(Files.newInputStream(file))) {
      assertThat(new String(lines.readAllBytes(), StandardCharsets.UTF_8))
          .contains("hello")
          .hasLineCount(1);
    }
  }

  @Test
  void batch_isAsNone_whenItIsAnotherOwners() {
    options.setBatchId(OTHER.id().text(BatchProtocol.OPENAI));
    options.setOwner("team-a");
    assertThatThrownBy(this::run)
        .hasMessageContaining(
            "there is no batch " + OTHER.id().text(BatchProtocol.OPENAI) + " of owner team-a");
  }

  @Test
  void table_isLoadedOnce_andRefusedWhenItHasRows() throws Exception {
    FakeDatasetService.setUp();
    FakeJobService.setUp();
    FakeDatasetService tables = new FakeDatasetService();
    tables.createDataset("my-project", "llm", "", "", null);
    options.setBatchId(BATCH.id().text(BatchProtocol.OPENAI));
    options.setOutput(null);
    options.setOutputTable("my-project:llm.results");
    options.setStates("completed,failed");
    runInto(tables);

    List<TableRow> rows = tables.getAllRows("my-project", "llm", "results");
    assertThat(rows).hasSize(254);
    assertThat(rows)
        .filteredOn(row -> id(line(0)).equals(row.get("job_id")))
        .singleElement()
        .satisfies(row -> assertThat(row).containsEntry("text", WEIRD));
    Table made =
        tables.getTable(
            new TableReference()
                .setProjectId("my-project")
                .setDatasetId("llm")
                .setTableId("results"));
    assertThat(made.getSchema()).isEqualTo(TableOutput.schema());
    assertThatThrownBy(() -> runInto(tables)).hasMessageContaining("is not empty");
  }

  private static String id(JobId id) {
    return id.toString();
  }

  private static String line1OfB() {
    return new BatchLine(OTHER.id(), 0).jobId().toString();
  }

  private PipelineResult run() {
    PipelineResult result = ExportResultsTemplate.build(options).run();
    result.waitUntilFinish();
    return result;
  }

  private void runInto(FakeDatasetService tables) {
    FakeBigQueryServices fake =
        new FakeBigQueryServices().withDatasetService(tables).withJobService(new FakeJobService());
    ExportResultsTemplate.build(options, write -> write.withTestServices(fake))
        .run()
        .waitUntilFinish();
  }

  private Map<String, Map<String, @Nullable Object>> exported() throws IOException {
    return ExportedFiles.rows(folder.resolve("out"));
  }

  private static long count(PipelineResult result, String counter) {
    return result
        .metrics()
        .queryMetrics(
            MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.named("export", counter))
                .build())
        .getCounters()
        .iterator()
        .next()
        .getCommitted();
  }
}
