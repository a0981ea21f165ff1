package io.promptbeam.local.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.job.Owner;
import io.promptbeam.local.contract.Spoiled;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.IssuedKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs what {@code docs/api.md} shows, one program per language, against a whole service. */
@Timeout(240)
class ApiExamplesIT {
  private static final String MODELS =
      """
      models:
        - id: demo
          provider: simulated
          price_per_million_tokens: {input: 0.15, output: 0.60}
          simulated: {seed: 1, latency_ms_median: 600, latency_sigma: 0.1}
      """;
  private static final int DEAD_LETTERS = 12;
  private static final String MARK = "@@";
  private static final List<String> JAVA_IMPORTS =
      List.of(
          "static java.nio.charset.StandardCharsets.UTF_8",
          "com.anthropic.client.AnthropicClient",
          "com.anthropic.client.okhttp.AnthropicOkHttpClient",
          "com.anthropic.models.messages.batches.MessageBatch",
          "com.fasterxml.jackson.databind.JsonNode",
          "com.fasterxml.jackson.databind.ObjectMapper",
          "com.fasterxml.jackson.databind.node.TextNode",
          "com.openai.client.OpenAIClient",
          "com.openai.client.okhttp.OpenAIOkHttpClient",
          "com.openai.models.batches.Batch",
          "com.openai.models.batches.BatchCreateParams",
          "com.openai.models.files.FileCreateParams",
          "com.openai.models.files.FileObject",
          "com.openai.models.files.FilePurpose",
          "java.io.IOException",
          "java.net.URI",
          "java.net.http.HttpClient",
          "java.net.http.HttpRequest",
          "java.net.http.HttpRequest.BodyPublishers",
          "java.net.http.HttpResponse.BodyHandlers",
          "java.time.Instant");

  private static Stack stack;
  private static ApiServer server;
  private static String key;

  @SuppressWarnings("NullAway.Init") // set by JUnit
  @TempDir
  private Path folder;

  @BeforeAll
  static void start() throws Exception {
    ModelCatalog models = ModelCatalogLoader.parse("models.yaml", MODELS);
    stack = Stack.open(new Backends(Optional.empty(), Optional.empty()));
    stack.startPipeline(models);
    server =
        new ApiServer(
            ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys()),
            stack.store(),
            stack.publisher(),
            () -> models,
            Clock.systemUTC(),
            Optional.of(stack.deadLetters()));
    server.start();
    key =
        new IssuedKeys(stack.store().apiKeys(), Clock.systemUTC())
            .create(
                new KeyRequest(
                    Owner.LOCAL,
                    "examples",
                    Optional.of(Set.of(Scope.ADMIN)),
                    Optional.empty(),
                    Optional.empty()))
            .join()
            .text()
            .reveal();
    Spoiled.publish(stack, DEAD_LETTERS);
  }

  @AfterAll
  static void stop() {
    server.close();
    stack.close();
  }

  @Test
  void curl_doesWhatTheDocumentSays() throws Exception {
    require("bash", "curl", "jq");
    run("sh", "echo " + MARK + "%s\n", "set -euo pipefail\n", "%s", "bash", "examples.sh");
  }

  @Test
  void javaScript_doesWhatTheDocumentSays() throws Exception {
    require("node");
    run("js", "console.log('" + MARK + "%s');\n", "", "%s", "node", "examples.mjs");
  }

  @Test
  void python_doesWhatTheDocumentSays() throws Exception {
    require("python3");
    run("python", "print('" + MARK + "%s')\n", "", "%s", "python3", "examples.py");
  }

  @Test
  void java_doesWhatTheDocumentSays() throws Exception {
    StringBuilder imports = new StringBuilder();
    JAVA_IMPORTS.forEach(name -> imports.append("import ").append(name).append(";\n"));
    String main =
        "public static void main(String[] none) throws Exception {\n%s\nSystem.exit(0);\n}}";
    run(
        "java",
        "System.out.println(\"" + MARK + "%s\");\n",
        imports + "public class Examples {\n",
        main,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        // What the tests run with stands in the manifest of a jar otherwise.
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        "Examples.java");
  }

  private static void require(String... programs) {
    for (String program : programs) {
      boolean isThere =
          List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)).stream()
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
      if (!isThere) {
        String reason = program + " is absent: its examples in docs/api.md were not run";
        System.out.println("skipped: " + reason);
        Assumptions.abort(reason);
      }
    }
  }

  /**
   * Writes and runs one program.
   *
   * @param mark prints a line before each snippet
   * @param body what the snippets stand in, after the set-up
   * @param command its last word is the program's file
   */
  private void run(String language, String mark, String before, String body, String... command)
      throws Exception {
    ApiDocument document = ApiDocument.read();
    List<ApiDocument.Snippet> snippets = document.in(language);
    StringBuilder code = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (ApiDocument.Snippet snippet : snippets) {
      code.append(mark.formatted(snippet.operation())).append(snippet.code());
      expected.add(MARK + snippet.operation());
      expected.addAll(snippet.prints());
    }
    String program = before + document.setUp(language) + "\n" + body.replace("%s", code);
    Files.writeString(folder.resolve(command[command.length - 1]), program, UTF_8);
    assertThat(output(command)).containsExactlyElementsOf(expected);
  }

  /** What it prints, line by line; errors among it. */
  private List<String> output(String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    Map<String, String> environment = builder.environment();
    environment.put("PROMPTBEAM_URL", server.uri().toString());
    environment.put("PROMPTBEAM_API_KEY", key);
    Process process = builder.start();
    boolean ended = process.waitFor(100, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    List<String> lines =
        Files.readAllLines(output).stream().filter(line -> !line.startsWith("SLF4J")).toList();
    assertThat(ended).as("it ends in time: " + lines).isTrue();
    assertThat(process.exitValue()).as(String.join("\n", lines)).isEqualTo(0);
    return lines;
  }
}
