package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.oauth2.AccessToken;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        {"match": {"userMessage": "hello"}, "response": {"content": "Hi there!", "usage": {
           "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
           "input_tokens": 11, "output_tokens": 7,
           "promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}}},
        {"match": {"userMessage": "weather"},
         "response": {"toolCalls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}},
        {"match": {"userMessage": "refuse"},
         "response": {"error": {"message": "no, sk-abcdefgh1234"}, "status": 400}},
        {"match": {"userMessage": "slow down"},
         "response": {"error": {"message": "later"}, "status": 429}},
        {"match": {"userMessage": "overloaded"},
         "response": {"error": {"message": "overloaded"}, "status": 503}},
        {"match": {"userMessage": "break off"}, "truncateAfterChunks": 2, "chunkSize": 2,
         "response": {"content": "This is never told to its end."}},
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
                ModelCatalogLoader.parse("models.yaml", models("http://127.0.0.1:" + port)),
                new SecretResolver(name -> Optional.of("test-key-1234")),
                () ->
                    new AccessToken(
                        "ya29.test", Date.from(Instant.now().plus(Duration.ofHours(1))))));
  }

  private static String models(String root) {
    return """
        models:
          - {id: m, provider: openai, base_url: '%1$s/v1'}
          - {id: m-stream, provider: openai, base_url: '%1$s/v1', stream: true}
          - {id: claude, provider: anthropic, base_url: '%1$s', api_key: 'env:K'}
          - {id: claude-stream, provider: anthropic, base_url: '%1$s', stream: true}
          - {id: gem, provider: gemini, base_url: '%1$s', api_key: 'env:K'}
          - {id: gem-stream, provider: gemini, base_url: '%1$s', stream: true}
          - id: vertex
            provider: gemini
            base_url: '%1$s'
            vertex: {project: proj-1, location: europe-west4}
          - id: vertex-stream
            provider: gemini
            base_url: '%1$s'
            vertex: {project: proj-1, location: global}
            stream: true
        """
        .formatted(root);
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
    return call("m", request);
  }

  private LlmAnswer call(String model, LlmRequest request) throws Exception {
    return clients.orElseThrow().client(model).call(request, LONG).get();
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m",
        "m-stream",
        "claude",
        "claude-stream",
        "gem",
        "gem-stream",
        "vertex",
        "vertex-stream",
      })
  void call_speaksEveryProvidersApi_atOnceAndStreamed(String model) throws Exception {
    LlmAnswer answer = call(model, prompt("hello"));
    assertThat(text(answer)).contains("Hi there!");
    assertThat(answer.finishReason()).contains(FinishReason.STOP);
    assertThat(answer.usage()).isEqualTo(Usage.of(11, 7));

    LlmAnswer tool = call(model, prompt("weather"));
    assertThat(text(tool)).isEmpty();
    assertThat(tool.finishReason()).contains(FinishReason.TOOL_CALLS);
    assertThat(new String(tool.body(), StandardCharsets.UTF_8)).contains("Oslo");

    assertThat(failureOf(model, prompt("refuse")).error().code())
        .isEqualTo(ErrorCodes.INVALID_REQUEST);
    assertThat(failureOf(model, prompt("slow down"))).isInstanceOf(LlmException.Throttled.class);
    assertThat(failureOf(model, prompt("overloaded")).isRetryable()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"m-stream", "claude-stream", "gem-stream"})
  void streamedCall_isNoAnswer_whenTheServerBreaksOff(String model) {
    assertThat(failureOf(model, prompt("break off"))).isInstanceOf(LlmException.Transient.class);
  }

  @Test
  void nativeCall_passesThrough() throws Exception {
    LlmRequest claude =
        nativeRequest(
            "/v1/messages",
            "{\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}");
    LlmRequest gemini =
        nativeRequest(
            "generateContent",
            "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hello\"}]}]}");
    for (String model : new String[] {"claude", "claude-stream"}) {
      assertThat(text(call(model, claude))).contains("Hi there!");
    }
    for (String model : new String[] {"gem", "gem-stream", "vertex"}) {
      assertThat(text(call(model, gemini))).contains("Hi there!");
    }
    assertThat(text(call("m-stream", nativeRequest("/v1/responses", "{\"input\":\"hello\"}"))))
        .contains("Hi there!");
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
    return failureOf("m", request);
  }

  private LlmException failureOf(String model, LlmRequest request) {
    var failure = catchThrowableOfType(ExecutionException.class, () -> call(model, request));
    if (failure.getCause() instanceof LlmException cause) {
      return cause;
    }
    throw new AssertionError("not an LlmException", failure);
  }
}
