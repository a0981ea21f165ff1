package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs a file against an LLM server that others wrote: the npm package {@code @copilotkit/aimock}.
 * Needs {@code AIMOCK_BIN}, the path of its {@code llmock} command, and skips without.
 */
@Timeout(180)
class AimockRunIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LINES = 20;
  private static final String FIXTURES =
      "{\"fixtures\": [{\"match\": {\"userMessage\": \"capital\"},"
          + " \"response\": {\"content\": \"It is Oslo.\"}}]}";

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path directory;

  AimockRunIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @AfterEach
  void end() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "anthropic", "gemini"})
  void run_completesEveryLine_againstAServerOthersWrote(String provider) throws Exception {
    int port = startServer();
    String root = "http://127.0.0.1:" + port + (provider.equals("openai") ? "/v1" : "");
    write(
        "models.yaml",
        "models: [{id: m, provider: " + provider + ", stream: true, base_url: '" + root + "'}]");
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= LINES; i++) {
      lines.append(
          "{\"custom_id\":\"c" + i + "\",\"prompt\":\"What is the capital? " + i + "\"}\n");
    }
    write("in.jsonl", lines.toString());

    Program run =
        Program.start(
            directory,
            Map.of(),
            "run",
            "in.jsonl",
            "--models",
            "models.yaml",
            "--out",
            "out.jsonl");
    open.push(run);

    assertThat(run.exitStatus()).as(run.errorOutput()).isZero();
    List<JsonNode> results = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("out.jsonl"))) {
      results.add(JSON.readTree(line));
    }
    assertThat(results)
        .hasSize(LINES)
        .allSatisfy(
            result -> {
              assertThat(result.path("status").asText()).isEqualTo("completed");
              assertThat(result.path("output_text").asText()).isEqualTo("It is Oslo.");
            });
    assertThat(results)
        .extracting(result -> result.path("custom_id").asText())
        .doesNotHaveDuplicates();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private int startServer() throws IOException {
    String command = System.getenv("AIMOCK_BIN");
    if (command == null || !Files.isExecutable(Path.of(command))) {
      String reason = "skipped: AIMOCK_BIN does not name the llmock command of @copilotkit/aimock";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Path fixtures = write("fixtures.json", FIXTURES);
    Process server =
        new ProcessBuilder(
                command,
                "--port",
                Integer.toString(port),
                "--fixtures",
                fixtures.toString(),
                "--log-level",
                "info")
            .redirectErrorStream(true)
            .start();
    open.push(
        () -> {
          server.destroy();
          if (!server.waitFor(10, TimeUnit.SECONDS)) {
            server.destroyForcibly().waitFor();
          }
        });
    BufferedReader output = server.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    while (line != null && !line.contains("listening")) {
      line = output.readLine();
    }
    assertThat(line).as("aimock's output until it listens").isNotNull();
    return port;
  }
}
