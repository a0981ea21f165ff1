package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Drives the packaged program as a user would. */
@Timeout(300)
class ProgramIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SLOW_MODEL =
      """
      models:
        - id: slow
          provider: simulated
          max_in_flight: 5
          simulated: {latency_ms_median: 200, latency_sigma: 0}
      """;

  private final List<Program> started = new ArrayList<>();
  private final Path directory;

  ProgramIT(@TempDir Path directory) {
    this.directory = directory;
  }

  private Program start(String... arguments) throws IOException {
    Program program = Program.start(directory, Map.of(), arguments);
    started.add(program);
    return program;
  }

  @AfterEach
  void end() {
    started.forEach(Program::close);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static List<JsonNode> jsonLines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  @Test
  void run_writesAResultForEveryLine_whenOneIsMalformed() throws Exception {
    write(
        "in.jsonl",
        """
        {"custom_id":"a","prompt":"One"}
        {"custom_id":"b","prompt":
        {"custom_id":"c","messages":[{"role":"user","content":"Three"}]}
        """);

    Program run = start("run", "in.jsonl", "--out", "out.jsonl");

    assertThat(run.exitStatus()).isEqualTo(ExitCodes.JOBS_FAILED);
    assertThat(run.errorOutput())
        .contains("promptbeam: line 2: ", "2 completed, 1 line rejected", "Results: out.jsonl")
        .doesNotContain("Exception", "\tat ");
    assertThat(jsonLines(directory.resolve("out.jsonl")))
        .extracting(line -> line.path("line").asInt() + " " + line.path("status").asText())
        .containsExactlyInAnyOrder("1 completed", "2 rejected", "3 completed");
    Path log = Path.of(run.find("Log: (.*)").group(1));
    assertThat(log).startsWith(directory.resolve("home")).exists();
  }

  @Test
  void run_saysWhatIsWrong_beforeItStartsAnything() throws Exception {
    write("in.jsonl", "{\"prompt\":\"One\"}\n");
    write("there.jsonl", "");
    write("bad.yaml", "models:\n  - id: a\n    provider: nobody\n");

    Program noFile = start("run", "nowhere.jsonl");
    Program noModel = start("run", "in.jsonl", "--model", "nope");
    Program exists = start("run", "in.jsonl", "--out", "there.jsonl");
    Program badModels = start("run", "in.jsonl", "--models", "bad.yaml");

    assertThat(noFile.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(noFile.errorOutput()).isEqualTo("promptbeam: there is no file nowhere.jsonl\n");
    assertThat(noModel.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(noModel.errorOutput())
        .isEqualTo("promptbeam: unknown model 'nope'. Known are: demo\n");
    assertThat(exists.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(exists.errorOutput()).contains("there.jsonl exists", "--force").hasLineCount(1);
    assertThat(badModels.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(badModels.errorOutput()).contains("bad.yaml:3", "provider").hasLineCount(1);
  }

  @Test
  void run_keepsWhatHasFinished_whenInterrupted() throws Exception {
    write("slow.yaml", SLOW_MODEL);
    write("in.jsonl", "{\"prompt\":\"x\"}\n".repeat(2_000));

    Program run = start("run", "in.jsonl", "--models", "slow.yaml", "--out", "out.jsonl");
    run.awaitOutput("[1-9][0-9]* of 2,000 done");
    run.interrupt();

    assertThat(run.exitStatus()).isEqualTo(ExitCodes.INTERRUPTED);
    Matcher stopped = run.find("Stopped: ([0-9]+) lines have no result");
    List<JsonNode> results = jsonLines(directory.resolve("out.jsonl"));
    assertThat(results).isNotEmpty();
    assertThat(results).hasSize(2_000 - Integer.parseInt(stopped.group(1)));
    assertThat(results).allMatch(line -> line.path("status").asText().equals("completed"));
    assertThat(run.errorOutput()).doesNotContain("Exception", "\tat ");
  }

  @Test
  void up_servesTheClientVerbs_untilInterrupted() throws Exception {
    Program up = start("up", "--port", "0", "--job-events");
    String url = up.awaitOutput("up at (http://127\\.0\\.0\\.1:[0-9]+)\\. ").group(1);

    Program submit = start("submit", "--url", url, "--json", "Name three primes");
    String id = JSON.readTree(submit.output()).path("job_id").asText();
    Program watch = start("status", "--url", url, id, "--watch");
    Program result = start("result", "--url", url, id);
    Program list = start("list", "--url", url, "--status", "completed");
    Program late = start("cancel", "--url", url, id);
    Program unknown = start("status", "--url", url, "00000000-0000-4000-8000-000000000000");
    Program wait = start("submit", "--url", url, "--wait", "--system", "Be brief", "Hello");

    assertThat(submit.exitStatus()).isZero();
    assertThat(watch.exitStatus()).isZero();
    assertThat(watch.output()).contains("status     completed", "model      demo");
    assertThat(result.exitStatus()).isZero();
    assertThat(result.output()).isNotBlank();
    assertThat(list.output()).startsWith("JOB ").contains(id, "completed");
    assertThat(late.exitStatus()).isNotZero();
    assertThat(late.errorOutput()).startsWith("promptbeam: ").hasLineCount(1);
    assertThat(unknown.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(unknown.errorOutput()).startsWith("promptbeam: ").hasLineCount(1);
    assertThat(wait.exitStatus()).isZero();
    assertThat(wait.output()).isNotBlank();

    up.interrupt();
    assertThat(up.exitStatus()).isEqualTo(ExitCodes.INTERRUPTED);
    assertThat(up.errorOutput())
        .contains("Events: projects/promptbeam-local/topics/job-events at 127.0.0.1:")
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void up_endsWithOneLine_whenThePortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());

      Program up = start("up", "--port", port);

      assertThat(up.exitStatus()).isEqualTo(ExitCodes.ENVIRONMENT);
      assertThat(up.errorOutput())
          .contains("cannot listen on 127.0.0.1:" + port, "--port")
          .hasLineCount(1);
    }
  }

  @Test
  void clientVerb_saysHowToStartAService_whenNoneAnswers() throws Exception {
    Program list = start("list", "--url", "http://127.0.0.1:9");

    assertThat(list.exitStatus()).isEqualTo(ExitCodes.ENVIRONMENT);
    assertThat(list.errorOutput())
        .isEqualTo(
            "promptbeam: no service answers at http://127.0.0.1:9. Start one with: promptbeam up\n");
  }

  @Test
  void part_saysWhatItNeeds_whenNoServersAreNamed() throws Exception {
    Program api = start("api");

    assertThat(api.exitStatus()).isEqualTo(ExitCodes.USAGE);
    assertThat(api.errorOutput()).contains("BIGTABLE_EMULATOR_HOST").hasLineCount(1);
  }
}
