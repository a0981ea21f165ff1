package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.OutputText;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls a server that others wrote: the npm package {@code @copilotkit/aimock}. Needs {@code
 * AIMOCK_BIN}, the path of its {@code llmock} command, and skips without.
 */
@Timeout(60)
class AimockIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String FIXTURES =
      """
      {"fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": "Hi there!"}},
        {"match": {"userMessage": "weather"},
         "response": {"toolCalls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}},
        {"match": {"userMessage": "refuse"},
         "response": {"error": {"message": "no, sk-abcdefgh1234"}, "status": 400}},
        {"match": {"userMessage": "slow down"},
         "response": {"error": {"message": "later"}, "status": 429}},
        {"match": {"inputText": "embed"}, "response": {"embedding": [0.5, 0.25]}}]}
      """;

  private Optional<Process> server = Optional.empty();
  private Optional<HttpLlmClients> clients = Optional.empty();

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    String command = System.getenv("AIMOCK_BIN");
    Assumptions.assumeTrue(
        command != null && Files.isExecutable(Path.of(command)),
        "AIMOCK_BIN does not name the llmock command of @copilotkit/aimock");
    Path fixtures = Files.writeString(folder.resolve("fixtures.json"), FIXTURES);
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Process process =
        new ProcessBuilder(command, "-p", Integer.toString(port), "-f", fixtures.toString())
            .redirectErrorStream(true)
            .start();
    server = Optional.of(process);
    awaitListening(process.inputReader(StandardCharsets.UTF_8));
    clients =
        Optional.of(
            HttpLlmClients.open(
                ModelCatalogLoader.parse(
                    "models.yaml",
                    "models: [{id: m, provider: openai, base_url: 'http://127.0.0.1:%d/v1'}]"
                        .formatted(port)),
                new SecretResolver(name -> Optional.empty())));
  }

  private static void awaitListening(BufferedReader output) throws IOException {
    String line = output.readLine();
    while (line != null && !line.contains("listening")) {
      line = output.readLine();
    }
    assertThat(line).isNotNull();
  }

  @AfterEach
  void stop() throws Exception {
    clients.ifPresent(HttpLlmClients::close);
    if (server.isPresent()) {
      server.get().destroy();
      assertThat(server.get().waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  private LlmAnswer call(LlmRequest request) throws Exception {
    return clients.orElseThrow().client("m").call(request, LONG).get();
  }

  private static LlmRequest prompt(String text) {
    return new LlmRequest.Prompt(Optional.empty(), text, JSON.createObjectNode());
  }

  private static LlmRequest nativeRequest(String endpoint, String body) throws Exception {
    return new LlmRequest.Native(endpoint, (ObjectNode) JSON.readTree(body));
  }

  private static Optional<String> text(LlmAnswer answer) throws Exception {
    return OutputText.of(JSON.readTree(answer.body()));
  }

  @Test
  void call_readsEveryEndpointsAnswer() throws Exception {
    LlmAnswer chat = call(prompt("hello"));
    assertThat(text(chat)).contains("Hi there!");
    assertThat(chat.usage().totalTokens()).isPositive();
    assertThat(text(call(nativeRequest("/v1/responses", "{\"input\":\"hello\"}"))))
        .contains("Hi there!");
    assertThat(text(call(prompt("weather")))).isEmpty();
    LlmAnswer vectors = call(nativeRequest("/v1/embeddings", "{\"input\":\"embed\"}"));
    assertThat(JSON.readTree(vectors.body()).path("data").path(0).path("embedding")).hasSize(2);
  }

  @Test
  void call_classifiesItsErrors() {
    assertThat(failureOf(prompt("slow down")))
        .isInstanceOfSatisfying(
            LlmException.Throttled.class,
            throttled -> assertThat(throttled.retryAfter()).contains(Duration.ofSeconds(1)));
    LlmException refused = failureOf(prompt("refuse"));
    assertThat(refused).isInstanceOf(LlmException.Permanent.class);
    assertThat(refused.error().message()).isEqualTo("no, [key]");
    assertThat(failureOf(prompt("nothing matches this")).error().code())
        .isEqualTo(ErrorCodes.INVALID_REQUEST);
  }

  private LlmException failureOf(LlmRequest request) {
    var failure = catchThrowableOfType(ExecutionException.class, () -> call(request));
    if (failure.getCause() instanceof LlmException cause) {
      return cause;
    }
    throw new AssertionError("not an LlmException", failure);
  }
}
