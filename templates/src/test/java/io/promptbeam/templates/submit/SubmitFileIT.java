package io.promptbeam.templates.submit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.StoredFile;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Job;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files become batches, and the job pipeline works them off. */
@Timeout(240)
@SuppressWarnings("NullAway.Init") // set before all tests
class SubmitFileIT {
  private static final String MODELS =
      """
      models:
        - id: sim
          provider: simulated
          requests_per_minute: 600000
          price_per_million_tokens: {input: 1, output: 2}
          simulated: {latency_ms_median: 5}
      """;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static EmbeddedBigtable bigtable;
  private static Stack stack;
  private static String models;

  @BeforeAll
  static void start() throws Exception {
    bigtable = EmbeddedBigtable.start();
    stack =
        Stack.open(
            new Backends(
                Optional.of(BigtableTarget.Emulator.at(bigtable.hostAndPort())), Optional.empty()));
    var unused = stack.startPipeline(ModelCatalogLoader.parse("models.yaml", MODELS));
    models = Files.writeString(folder.resolve("models.yaml"), MODELS).toString();
  }

  @AfterAll
  static void stop() {
    stack.close();
    bigtable.close();
  }

  private static String[] args(String owner, String... more) {
    var queue = (PubsubTarget.Emulator) stack.queueTarget();
    return Stream.concat(
            Stream.of(
                "--runner=DirectRunner",
                "--owner=" + owner,
                "--models=" + models,
                "--bigtable=" + BigtableTarget.Emulator.at(bigtable.hostAndPort()),
                "--jobsTopic="
                    + PubsubNames.topicPath(queue.projectId(), PubsubNames.DEFAULT.jobsTopic()),
                "--pubsubEmulator=" + queue.hostAndPort()),
            Arrays.stream(more))
        .toArray(String[]::new);
  }

  private static SubmitFileOptions launch(String owner, String... more) {
    SubmitFileOptions options =
        PipelineOptionsFactory.fromArgs(args(owner, more))
            .withValidation()
            .as(SubmitFileOptions.class);
    SubmitFileTemplate.launch(options).waitUntilFinish();
    return options;
  }

  private static BatchProgress awaitEnd(BatchId id) throws Exception {
    long start = System.nanoTime();
    while (true) {
      Optional<BatchProgress> seen = stack.store().batches().progress(id).get();
      if (seen.isPresent() && seen.get().batch().run().status().isTerminal()) {
        return seen.get();
      }
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("the batch has not ended: " + seen);
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static List<Job> lines(BatchProgress progress) throws Exception {
    List<Job> all = new ArrayList<>();
    int lines = progress.batch().run().lines();
    for (int segment = 0; segment < BatchLine.segments(lines); segment++) {
      all.addAll(
          stack
              .store()
              .batches()
              .lines(progress.batch().spec().id(), segment, Set.of(JobStore.Part.REQUEST))
              .get());
    }
    return all;
  }

  private static Map<String, String> promptsById(BatchProgress progress) throws Exception {
    Map<String, String> prompts = new HashMap<>();
    for (Job line : lines(progress)) {
      JsonNode body = ((LlmRequest.Native) line.request().orElseThrow()).body();
      JsonNode messages = body.path("messages");
      prompts.put(
          line.spec().labels().customId().orElseThrow(),
          messages.path(messages.size() - 1).path("content").asText());
    }
    return prompts;
  }

  private static List<Batch> batches(String owner) throws Exception {
    return stack
        .store()
        .batches()
        .list(new Owner(owner), BatchProtocol.OPENAI, Optional.empty(), 100)
        .get();
  }

  private static List<StoredFile> files(String owner) throws Exception {
    return stack
        .store()
        .files()
        .list(new Owner(owner), Optional.empty(), true, Optional.empty(), 100)
        .get();
  }

  private static BatchId id(SubmitFileOptions options) {
    return Submission.of(options).batchId();
  }

  @Test
  void csv_isWorkedOff_withQuotedLinesAndBraces() throws Exception {
    Path input =
        Files.writeString(
            folder.resolve("reviews.csv"),
            "\uFEFFid,text\r\n1,\"good,\r\nvery \"\"good\"\"\"\r\n2,{id} is no column\r\n",
            UTF_8);
    Path summary = folder.resolve("summary.json");
    SubmitFileOptions options =
        launch(
            "csv",
            "--input=" + input,
            "--model=sim",
            "--promptTemplate=Classify {{x}}: {text}",
            "--maxOutputTokens=20",
            "--metadata={\"team\": \"support\"}",
            "--summaryOutput=" + summary);
    BatchProgress ended = awaitEnd(id(options));
    assertThat(ended.batch().run().status()).isEqualTo(BatchStatus.COMPLETED);
    assertThat(promptsById(ended))
        .isEqualTo(
            Map.of(
                "reviews.csv:1", "Classify {x}: good,\r\nvery \"good\"",
                "reviews.csv:2", "Classify {x}: {id} is no column"));
    assertThat(ended.batch().spec().metadata()).isEqualTo(Map.of("team", "support"));
    JsonNode told = JSON.readTree(summary.toFile());
    assertThat(told.path("batch_id").asText()).isEqualTo(id(options).text(BatchProtocol.OPENAI));
    assertThat(told.path("created").asBoolean()).isTrue();
    assertThat(told.path("lines").asInt()).isEqualTo(2);
    assertThat(told.path("output_tokens").asInt()).isEqualTo(40);
    assertThat(told.path("cost_usd").asDouble()).isPositive();
  }

  @Test
  void jsonl_keepsItsOrder_whenPackedAndOfManyPieces() throws Exception {
    Path input = folder.resolve("rows.jsonl.gz");
    int rows = 300;
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(input))) {
      for (int i = 1; i <= rows; i++) {
        String row = "{\"key\": \"k" + i + "\", \"text\": \"" + "a".repeat(4_000) + "\"}\n";
        out.write(row.getBytes(UTF_8));
      }
    }
    SubmitFileOptions options =
        launch(
            "jsonl",
            "--input=" + input,
            "--model=sim",
            "--promptColumn=text",
            "--systemTemplate=You are {key}.",
            "--idColumn=key");
    BatchProgress ended = awaitEnd(id(options));
    assertThat(ended.batch().run().status()).isEqualTo(BatchStatus.COMPLETED);
    assertThat(files("jsonl").get(0).chunks()).isGreaterThan(1);
    assertThat(lines(ended).stream().map(line -> line.spec().labels().customId().orElseThrow()))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, rows).mapToObj(i -> "k" + i).toList());
  }

  @Test
  void avro_isWorkedOff() throws Exception {
    Schema schema =
        SchemaBuilder.record("Row").fields().requiredInt("n").optionalString("text").endRecord();
    Path input = folder.resolve("rows.avro");
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
      writer.create(schema, input.toFile());
      for (int i = 0; i < 3; i++) {
        GenericRecord row = new GenericData.Record(schema);
        row.put("n", i);
        row.put("text", "text " + i);
        writer.append(row);
      }
    }
    SubmitFileOptions options =
        launch(
            "avro",
            "--input=" + input,
            "--model=sim",
            "--promptTemplate={n}: {text}",
            "--idColumn=n");
    assertThat(promptsById(awaitEnd(id(options))))
        .isEqualTo(Map.of("0", "0: text 0", "1", "1: text 1", "2", "2: text 2"));
  }

  @Test
  void submission_makesOneBatch_whenLaunchedAgain() throws Exception {
    Path input = Files.writeString(folder.resolve("again.jsonl"), "{\"q\": \"one\"}\n");
    String[] options = {
      "--input=" + input, "--model=sim", "--promptColumn=q", "--submissionId=again"
    };
    BatchId first = id(launch("again", options));
    BatchProgress ended = awaitEnd(first);
    launch("again", options);
    assertThat(batches("again")).hasSize(1);
    assertThat(files("again")).hasSize(1);
    assertThat(awaitEnd(first).batch().version()).isEqualTo(ended.batch().version());

    Files.writeString(input, "{\"q\": \"two\"}\n");
    assertThatThrownBy(() -> launch("again", options))
        .hasMessageContaining("submission again made " + first.text(BatchProtocol.OPENAI))
        .hasMessageContaining("of other rows");
    assertThat(batches("again")).hasSize(1);
    assertThat(files("again")).hasSize(1);
  }

  @Test
  void submission_makesOneBatch_whenLaunchedTwiceAtOnce_withDifferentRows() throws Exception {
    List<CompletableFuture<Boolean>> launches = new ArrayList<>();
    for (String each : List.of("one", "two")) {
      Path input =
          Files.writeString(folder.resolve(each + ".jsonl"), "{\"q\": \"" + each + "\"}\n");
      launches.add(
          CompletableFuture.supplyAsync(
                  () ->
                      launch(
                          "race",
                          "--input=" + input,
                          "--model=sim",
                          "--promptColumn=q",
                          "--submissionId=race"))
              .handle((options, failure) -> failure == null));
    }
    assertThat(launches.stream().map(CompletableFuture::join))
        .containsExactlyInAnyOrder(true, false);
    assertThat(batches("race")).hasSize(1);
    assertThat(files("race"))
        .extracting(StoredFile::id)
        .containsExactly(batches("race").get(0).spec().input());
  }

  @Test
  void dryRun_makesNothing_andTellsWhatItWouldCost() throws Exception {
    Path input =
        Files.writeString(
            folder.resolve("dry.jsonl"), "{\"q\": \"12345678\"}\n{\"q\": 5}\n{\"other\": 1}\n");
    Path summary = folder.resolve("dry.json");
    launch(
        "dry",
        "--input=" + input,
        "--model=sim",
        "--promptColumn=q",
        "--maxOutputTokens=1000000",
        "--dryRun",
        "--summaryOutput=" + summary);
    JsonNode told = JSON.readTree(summary.toFile());
    assertThat(told.path("dry_run").asBoolean()).isTrue();
    assertThat(told.path("lines").asInt()).isEqualTo(2);
    assertThat(told.path("cost_usd").asDouble()).isBetween(4.0, 4.0001);
    assertThat(told.path("estimate").path("limit").asText()).isEqualTo("requests");
    assertThat(told.path("rejected_rows").asInt()).isEqualTo(1);
    assertThat(told.path("rejects").path(0).path("row").asText()).isEqualTo("dry.jsonl:3");
    assertThat(batches("dry")).isEmpty();
    assertThat(files("dry")).isEmpty();
  }

  @Test
  void rejects_stopTheRun_orAreNamed_whenTheyHaveAPlace() throws Exception {
    Path input =
        Files.writeString(
            folder.resolve("mixed.jsonl"),
            """
            {"id": "a", "q": "good"}
            {"id": "b", "q": null}
            not JSON
            {"id": "c", "q": "same id"}
            {"id": "c", "q": "same id again"}
            {"id": "d", "q": ""}
            """);
    String[] options = {"--input=" + input, "--model=sim", "--promptColumn=q", "--idColumn=id"};
    assertThatThrownBy(() -> launch("mixed", options))
        .hasMessageContaining("5 rows cannot be used")
        .hasMessageContaining("mixed.jsonl:2: Column q has no value")
        .hasMessageContaining("Nothing was made");
    assertThat(batches("mixed")).isEmpty();
    assertThat(files("mixed")).isEmpty();

    Path rejects = folder.resolve("rejects.jsonl");
    List<String> withPlace = new ArrayList<>(List.of(options));
    withPlace.add("--rejectsOutput=" + rejects);
    SubmitFileOptions launched = launch("mixed", withPlace.toArray(String[]::new));
    assertThat(promptsById(awaitEnd(id(launched)))).isEqualTo(Map.of("a", "good"));
    Map<String, String> codes = new HashMap<>();
    for (String line : Files.readAllLines(rejects)) {
      JsonNode reject = JSON.readTree(line);
      codes.put(reject.path("row").asText(), reject.path("code").asText());
    }
    assertThat(codes)
        .isEqualTo(
            Map.of(
                "mixed.jsonl:2", "null_value",
                "mixed.jsonl:3", "unreadable_row",
                "mixed.jsonl:4", "duplicate_custom_id",
                "mixed.jsonl:5", "duplicate_custom_id",
                "mixed.jsonl:6", "empty_prompt"));
  }

  @Test
  void csv_failsBeforeAnythingIsMade_whenAColumnIsMissing() throws Exception {
    Path input = Files.writeString(folder.resolve("columns.csv"), "id,text\n1,a\n");
    assertThatThrownBy(
            () -> launch("columns", "--input=" + input, "--model=sim", "--promptTemplate={txt}"))
        .hasMessageContaining("columns.csv: it has no column 'txt'; it has id, text");
    assertThat(files("columns")).isEmpty();
  }
}
