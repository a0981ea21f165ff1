package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.local.Await;
import io.promptbeam.local.OpenAiBatches;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The verbs of batches against a service and a pipeline, all in this process. */
@Timeout(240)
class BatchCommandIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UNKNOWN = "batch_0123456789abcdef01234567";
  private static final String ID = "batch_[0-9a-f]{24}";

  private static Stack stack;
  private static URI service;

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path directory;

  private Console console;

  @BeforeAll
  static void start() throws Exception {
    stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    ModelCatalog models =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: ["
                + String.join(
                    ", ",
                    model("good", Duration.ofMillis(20), 0),
                    model("picky", Duration.ofMillis(20), 0.3),
                    model("slow", Duration.ofSeconds(2), 0))
                + "]");
    var unused = stack.startPipeline(models);
    ApiServer server =
        stack.closeWithThis(
            "service",
            new ApiServer(
                ApiConfig.loopback(0),
                stack.store(),
                stack.publisher(),
                models,
                Clock.systemUTC()));
    server.start();
    service = server.uri();
  }

  @BeforeEach
  void open() {
    console = new Console(Map.of("PROMPTBEAM_URL", service.toString()));
  }

  private static String model(String id, Duration latency, double refusals) {
    SimulatedProvider provider =
        stack.closeWithThis(
            "provider",
            SimulatedProvider.start(
                id, new Simulation(7, latency, 0, 0, refusals, 0, OptionalLong.empty())));
    return "{id: %s, provider: openai, base_url: '%s', max_in_flight: 4}"
        .formatted(id, provider.baseUrl());
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  private String file(int lines, String model) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      text.append(OpenAiBatches.line("c-" + i, model, "Say " + i));
    }
    return write(text.toString());
  }

  private String write(String text) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "in", ".jsonl"), text).toString();
  }

  private String submit(String file) {
    assertThat(console.run("batch", "submit", file)).as(console.err()).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).matches(ID + "\n");
    return console.out().strip();
  }

  private JsonNode status(String id) throws IOException {
    int unused = console.run("batch", "status", id, "--json");
    return JSON.readTree(console.out());
  }

  private static List<JsonNode> parsed(String lines) throws IOException {
    List<JsonNode> parsed = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      parsed.add(JSON.readTree(line));
    }
    return parsed;
  }

  private static List<String> customIds(List<JsonNode> lines) {
    return lines.stream().map(line -> line.path("custom_id").asText()).toList();
  }

  /** Fails, with one line that says why and no trace. */
  private void assertFails(int exitCode, String message, String... arguments) {
    assertThat(console.run(arguments)).as(console.err()).isEqualTo(exitCode);
    assertThat(console.out()).isEmpty();
    assertThat(console.err().lines().filter(line -> line.startsWith("promptbeam: ")))
        .hasSize(1)
        .first()
        .asString()
        .contains(message);
    assertThat(console.err()).doesNotContain("Exception", "\tat ");
  }

  @Test
  void everyVerb_saysHowItWent_whenAllLinesComplete() throws Exception {
    int exit = console.run("batch", "submit", file(20, "good"), "--watch", "--metadata", "a=b");
    assertThat(exit).as(console.err()).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).matches(ID + "\n");
    String id = console.out().strip();
    assertThat(console.err())
        .contains("Uploading ", "status   completed", "lines    20: 20 completed, 0 failed");

    assertThat(console.run("batch", "status", id)).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).contains("batch    " + id, "status   completed", "ended    ");
    assertThat(status(id).path("metadata").path("a").asText()).isEqualTo("b");

    assertThat(console.run("batch", "results", id)).isEqualTo(ExitCodes.OK);
    assertThat(customIds(parsed(console.out())))
        .isEqualTo(IntStream.range(0, 20).mapToObj(i -> "c-" + i).toList());
    assertThat(console.err()).isEmpty();

    assertThat(console.run("batch", "list", "--limit", "100")).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).startsWith("BATCH ").containsPattern(id + " +completed +20 +20 +0 ");

    assertFails(ExitCodes.JOBS_FAILED, "completed", "batch", "cancel", id);
    assertThat(console.run("batch", "retry-failed", id)).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).isEmpty();
  }

  @Test
  void retryFailed_runsWhatFailedAndNothingElse_onAnotherModel() throws Exception {
    int exit = console.run("batch", "submit", file(40, "picky"), "--watch", "--json");
    assertThat(exit).isEqualTo(ExitCodes.JOBS_FAILED);
    JsonNode batch = JSON.readTree(console.out());
    String id = batch.path("id").asText();
    int failed = batch.path("request_counts").path("failed").asInt();
    assertThat(failed).isBetween(1, 39);

    Path out = directory.resolve("results.jsonl");
    assertThat(console.run("batch", "results", id, "-o", out.toString()))
        .isEqualTo(ExitCodes.JOBS_FAILED);
    List<JsonNode> results = parsed(Files.readString(out));
    assertThat(results).hasSize(40);
    List<String> refused =
        customIds(
            results.stream().filter(r -> r.at("/response/status_code").asInt() != 200).toList());
    assertThat(refused).hasSize(failed);
    assertThat(customIds(results.subList(40 - failed, 40))).isEqualTo(refused);

    exit = console.run("batch", "retry-failed", id, "--model", "good", "--watch");
    assertThat(exit).as(console.err()).isEqualTo(ExitCodes.OK);
    String retried = console.out().strip();
    assertThat(retried).matches(ID).isNotEqualTo(id);
    assertThat(console.run("batch", "results", retried)).isEqualTo(ExitCodes.OK);
    assertThat(customIds(parsed(console.out()))).isEqualTo(refused);
    assertThat(status(id).path("request_counts").path("failed").asInt()).isEqualTo(failed);
  }

  @Test
  void results_keepAFileThatIsThere_unlessTheyAreForced() throws Exception {
    int exit = console.run("batch", "submit", file(2, "good"), "--watch");
    assertThat(exit).isEqualTo(ExitCodes.OK);
    String id = console.out().strip();
    String out = write("mine\n");

    assertFails(ExitCodes.USAGE, "exists", "batch", "results", id, "-o", out);
    assertThat(Path.of(out)).hasContent("mine");
    assertThat(console.run("batch", "results", id, "-o", out, "--force")).isEqualTo(ExitCodes.OK);
    assertThat(parsed(Files.readString(Path.of(out)))).hasSize(2);
    String nowhere = directory.resolve("no/such/place").toString();
    assertFails(ExitCodes.ENVIRONMENT, "cannot write", "batch", "results", id, "-o", nowhere);
  }

  @Test
  void cancel_endsABatch_whoseResultsCameWhileItRan() throws Exception {
    String id = submit(file(60, "slow"));
    Await.until(
        "a line has ended",
        () -> status(id).path("request_counts").path("completed").asInt(),
        completed -> completed > 0);

    assertThat(console.run("batch", "results", id)).isEqualTo(ExitCodes.OK);
    assertThat(parsed(console.out())).isNotEmpty().hasSizeLessThan(60);
    assertThat(console.err()).isEqualTo("The batch is in_progress: more will come.\n");
    assertFails(ExitCodes.JOBS_FAILED, "has not ended", "batch", "retry-failed", id);

    assertThat(console.run("batch", "cancel", id)).isEqualTo(ExitCodes.OK);
    assertThat(console.out()).isEqualTo("cancelling\n");
    assertThat(console.run("batch", "status", id, "--watch")).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.out()).contains("status   cancelled", " cancelled\n");
    assertThat(console.run("batch", "results", id)).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(parsed(console.out())).hasSize(60);
    assertThat(console.out()).contains("batch_cancelled");
  }

  @Test
  void batch_failsAndNamesTheLines_whenSomeAreBad() throws Exception {
    String good = OpenAiBatches.line("c-0", "good", "Say 0");
    String file = write(good + good + "oops\n" + OpenAiBatches.line("c-1", "nobody", "Say 1"));

    assertThat(console.run("batch", "submit", file, "--watch")).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.out()).matches(ID + "\n");
    assertThat(console.err())
        .contains("status   failed", "problem  line 2: ", "problem  line 3: ", "problem  line 4: ");
    assertThat(console.run("batch", "results", console.out().strip()))
        .isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(console.out()).isEmpty();
  }

  @Test
  void submit_saysWhatIsWrongWithTheFile_beforeAnythingIsSent() throws Exception {
    String missing = directory.resolve("nothing.jsonl").toString();
    assertFails(ExitCodes.USAGE, "there is no file", "batch", "submit", missing);
    String folder = directory.toString();
    assertFails(ExitCodes.USAGE, "there is no file", "batch", "submit", folder);
    assertFails(ExitCodes.USAGE, "has no lines", "batch", "submit", write(""));
    assertFails(ExitCodes.USAGE, "has no lines", "batch", "submit", write("\n \n"));
    assertFails(ExitCodes.USAGE, "is not JSON", "batch", "submit", write("oops\n"));
    assertFails(ExitCodes.USAGE, "--endpoint", "batch", "submit", write("{\"prompt\":\"x\"}\n"));
  }

  @Test
  void submit_saysWhatTheServiceRefuses() throws Exception {
    String file = file(1, "good");
    assertFails(ExitCodes.USAGE, "window", "batch", "submit", file, "--window", "40d");
    assertFails(ExitCodes.USAGE, "endpoint", "batch", "submit", file, "--endpoint", "/v1/x");
    assertFails(ExitCodes.USAGE, "--limit", "batch", "list", "--limit", "0");
    assertFails(ExitCodes.USAGE, "say what to do", "batch");
  }

  @Test
  void verbs_sayThatThereIsNoSuchBatch() {
    for (String verb : List.of("status", "results", "cancel", "retry-failed")) {
      assertFails(ExitCodes.USAGE, UNKNOWN, "batch", verb, UNKNOWN);
      assertFails(ExitCodes.USAGE, "not a batch id: 'nope'", "batch", verb, "nope");
    }
  }

  @Test
  void verbs_sayThatThereIsNoService() throws Exception {
    String nobody = "http://127.0.0.1:1";
    for (String verb : List.of("status", "results", "cancel", "retry-failed")) {
      assertFails(ExitCodes.ENVIRONMENT, "no service", "batch", verb, UNKNOWN, "--url", nobody);
    }
    assertFails(ExitCodes.ENVIRONMENT, "no service", "batch", "list", "--url", nobody);
    String file = file(1, "good");
    assertFails(ExitCodes.ENVIRONMENT, "no service", "batch", "submit", file, "--url", nobody);
  }
}
