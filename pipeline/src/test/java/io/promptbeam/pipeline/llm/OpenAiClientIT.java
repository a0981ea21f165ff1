package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.store.JobStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OpenAiClientIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String KEY = "sk-test-abcdef123456";
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final String CHAT =
      """
      {"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Hé \\"]}"}}],
       "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,
         "prompt_tokens_details":{"cached_tokens":3,"audio_tokens":0},
         "completion_tokens_details":{"reasoning_tokens":5}}}
      """;

  private final HttpCalls calls = new HttpCalls();

  @AfterEach
  void closeCalls() {
    calls.close();
  }

  private HttpLlmClient client(URI baseUrl, Optional<String> key) {
    var model =
        new ModelConfig(
            "fast",
            ProviderKind.OPENAI,
            Optional.of(baseUrl),
            Optional.empty(),
            "upstream-1",
            new RateLimits(1_000, 1_000, 10),
            Pricing.FREE,
            new Timeouts(Duration.ofSeconds(5), LONG),
            Optional.empty());
    return new HttpLlmClient(
        model,
        new OpenAiProtocol(baseUrl, model.upstreamModel(), false),
        key.map(OpenAiClientIT::credentials).orElse(Credentials.NONE),
        calls,
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private static Credentials credentials(String key) {
    return new KeyInHeader(
        "Authorization",
        "Bearer ",
        new SecretReference.Env("KEY"),
        new SecretResolver(name -> Optional.of(key)),
        Clock.fixed(NOW, ZoneOffset.UTC),
        Runnable::run);
  }

  private HttpLlmClient client(ScriptedServer server) {
    return client(server.baseUrl(), Optional.of(KEY));
  }

  private static LlmRequest prompt() {
    return new LlmRequest.Prompt(Optional.empty(), "secret prompt", JSON.createObjectNode());
  }

  private static LlmRequest nativeRequest(String endpoint, String body) throws IOException {
    return new LlmRequest.Native(endpoint, (ObjectNode) JSON.readTree(body));
  }

  private static LlmException failureOf(CompletableFuture<LlmAnswer> call) {
    var failure =
        catchThrowableOfType(ExecutionException.class, () -> call.get(40, TimeUnit.SECONDS));
    return causeOf(failure);
  }

  private static LlmException causeOf(ExecutionException failure) {
    if (failure.getCause() instanceof LlmException cause) {
      return cause;
    }
    throw new AssertionError("not an LlmException", failure);
  }

  private LlmException failureOf(String response) throws IOException {
    try (var server = ScriptedServer.always(response)) {
      return failureOf(client(server).call(prompt(), LONG));
    }
  }

  @Test
  void call_sendsAPromptAsChat_andReadsAnswerAndUsage() throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", CHAT))) {
      var params = JSON.createObjectNode().put("temperature", 0.2);
      LlmAnswer answer =
          client(server)
              .call(new LlmRequest.Prompt(Optional.of("Be kind."), "Hi", params), LONG)
              .get();

      assertThat(answer.body()).isEqualTo(CHAT.getBytes(StandardCharsets.UTF_8));
      assertThat(answer.usage()).isEqualTo(new Usage(9, 3, 12, 5));
      ScriptedServer.Request sent = server.requests.get(0);
      assertThat(sent.line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
      assertThat(sent.head()).contains("Authorization: Bearer " + KEY);
      assertThat(JSON.readTree(sent.body()))
          .isEqualTo(
              JSON.readTree(
                  """
                  {"model":"upstream-1","messages":[{"role":"system","content":"Be kind."},
                   {"role":"user","content":"Hi"}],"temperature":0.2}
                  """));
    }
  }

  @Test
  void call_putsTheSystemMessageFirst_whenMessagesAreGiven() throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", CHAT))) {
      var messages = (ArrayNode) JSON.readTree("[{\"role\":\"user\",\"content\":\"Hi\"}]");
      client(server)
          .call(
              new LlmRequest.Messages(Optional.of("Be kind."), messages, JSON.createObjectNode()),
              LONG)
          .get();

      JsonNode sent = JSON.readTree(server.requests.get(0).body()).path("messages");
      assertThat(sent).hasSize(2);
      assertThat(sent.path(0).path("role").asText()).isEqualTo("system");
      assertThat(messages).hasSize(1);
    }
  }

  @Test
  void call_passesANativeBodyThrough_withOnlyTheModelReplaced() throws Exception {
    String answer =
        """
        {"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}],
         "usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":2},
          "output_tokens":4,"output_tokens_details":{"reasoning_tokens":1}}}
        """;
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", answer))) {
      LlmRequest request =
          nativeRequest(
              "/v1/responses",
              "{\"model\":\"fast\",\"input\":\"x\",\"stream\":false,\"new\":{\"a\":[1,null]}}");
      var client = client(URI.create(server.baseUrl() + "/"), Optional.empty());

      assertThat(client.call(request, LONG).get().usage()).isEqualTo(new Usage(7, 2, 4, 1));
      ScriptedServer.Request sent = server.requests.get(0);
      assertThat(sent.line()).isEqualTo("POST /v1/responses HTTP/1.1");
      assertThat(sent.head()).doesNotContain("Authorization");
      assertThat(sent.body())
          .isEqualTo(
              "{\"model\":\"upstream-1\",\"input\":\"x\",\"stream\":false,\"new\":{\"a\":[1,null]}}");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions|{\"messages\":[],\"stream\":true}|stream",
        "/v1/responses|{\"input\":\"x\",\"background\":true}|background",
        "/v1/images/generations|{}|cannot be a job",
        "/v1/chat/../models|{}|cannot be a job",
      })
  void call_refusesBeforeSending_whenItCannotBeAJob(String endpoint, String body, String message)
      throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", CHAT))) {
      LlmException failure = failureOf(client(server).call(nativeRequest(endpoint, body), LONG));

      assertThat(failure).isInstanceOf(LlmException.Permanent.class);
      assertThat(failure.error().code()).isEqualTo(ErrorCodes.INVALID_REQUEST);
      assertThat(failure.error().message()).contains(message);
      assertThat(server.requests).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "408, Transient, provider_error",
    "409, Transient, provider_error",
    "425, Transient, provider_error",
    "429, Throttled, rate_limited",
    "500, Transient, provider_error",
    "502, Transient, provider_error",
    "503, Transient, provider_error",
    "504, Transient, provider_error",
    "529, Throttled, rate_limited",
    "400, Permanent, invalid_request",
    "401, Permanent, provider_auth",
    "402, Permanent, invalid_request",
    "403, Permanent, provider_auth",
    "404, Permanent, invalid_request",
    "413, Permanent, invalid_request",
    "422, Permanent, invalid_request",
    "301, Permanent, provider_error",
    "307, Permanent, provider_error",
  })
  void call_classifiesTheStatus(int status, String kind, String code) throws Exception {
    LlmException failure =
        failureOf(
            ScriptedServer.response(
                status, "Location: http://127.0.0.1:1/\r\n", "{\"error\":{\"message\":\"why\"}}"));

    assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
    assertThat(failure.error().code()).isEqualTo(code);
    assertThat(failure.error().providerStatus()).contains(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Retry-After: 7|7000",
        "Retry-After: 0|0",
        "Retry-After: 1.5|1500",
        "Retry-After: Mon, 23 Nov 2026 12:00:20 GMT|20000",
        "Retry-After: Mon, 23 Nov 2026 11:00:00 GMT|0",
        "retry-after-ms: 250|250",
        "retry-after-ms: 250\\r\\nRetry-After: 1|250",
        "retry-after-ms: soon\\r\\nRetry-After: 1|1000",
        "Retry-After: 999999999999|86400000",
      })
  void call_readsRetryAfter(String header, long millis) throws Exception {
    for (int status : new int[] {429, 503}) {
      LlmException failure =
          failureOf(
              ScriptedServer.response(status, header.replace("\\r\\n", "\r\n") + "\r\n", "{}"));

      assertThat(retryAfter(failure)).contains(Duration.ofMillis(millis));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-None: 1", "Retry-After: soon", "Retry-After: -5", "Retry-After: NaN"})
  void call_hasNoRetryAfter_whenTheProviderGivesNoneThatMakesSense(String header) throws Exception {
    assertThat(retryAfter(failureOf(ScriptedServer.response(429, header + "\r\n", "{}"))))
        .isEmpty();
  }

  private static Optional<Duration> retryAfter(LlmException failure) {
    return failure instanceof LlmException.Throttled throttled
        ? throttled.retryAfter()
        : ((LlmException.Transient) failure).retryAfter();
  }

  @Test
  void call_masksKeysInTheProvidersMessage() throws Exception {
    JobError error =
        failureOf(
                ScriptedServer.response(
                    400,
                    "",
                    "{\"error\":{\"message\":\"Bad "
                        + KEY
                        + " or Bearer abc.def or sk-proj-99999999 in\\n org-1234567890\"}}"))
            .error();

    assertThat(error.message()).isEqualTo("Bad [key] or [key] or [key] in [key]");
  }

  @Test
  void call_namesOnlyTheModel_whenTheCredentialsAreRefused() throws Exception {
    JobError error =
        failureOf(
                ScriptedServer.response(
                    401, "", "{\"error\":{\"message\":\"Incorrect key abcd****wxyz\"}}"))
            .error();

    assertThat(error.message()).contains("model fast").contains("operator").doesNotContain("abcd");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "{}",
        "\"text\"",
        "<html>hello</html>",
        "data: {\"choices\":[{}]}",
        "{\"choices\":[{}]}",
        "{\"choices\":{}}",
        "{\"choices\":[null]}",
        "{\"choices\":[{\"message\":{}}]",
        "{\"choices\":[{\"message\":{}}]} {}",
        "{\"choices\":[{\"message\":{}}],}",
        "{\"error\":{\"message\":\"no\"}}",
        "{\u0000\"choices\":[{}]}"
      })
  void call_neverSucceeds_whenTheAnswerIsNone(String body) throws Exception {
    LlmException failure = failureOf(ScriptedServer.response(200, "", body));

    assertThat(failure).isInstanceOf(LlmException.Permanent.class);
    assertThat(failure.error().code()).isEqualTo(ErrorCodes.MALFORMED_ANSWER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/embeddings|{\"data\":[{\"embedding\":[0.1]}],\"usage\":{\"prompt_tokens\":4}}|4",
        "/v1/completions|{\"choices\":[{\"text\":\"a\"}],\"usage\":null}|0",
        "/v1/responses|{\"output\":[{\"type\":\"function_call\"}],\"usage\":{\"input_tokens\":3}}|3",
        "/v1/completions|{\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":-3}}|0",
        "/v1/completions|{\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":1e99}}|0",
        "/v1/completions|{\"usage\":[[1]],\"choices\":[{\"text\":\"a\"}]}|0",
      })
  void call_acceptsEachEndpointsShape(String endpoint, String body, long inputTokens)
      throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", body))) {
      assertThat(client(server).call(nativeRequest(endpoint, "{}"), LONG).get().usage())
          .isEqualTo(Usage.of(inputTokens, 0));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "failed|Transient|provider_error",
        "in_progress|Permanent|malformed_answer",
        "queued|Permanent|malformed_answer"
      })
  void call_fails_whenAResponseIsNotFinished(String status, String kind, String code)
      throws Exception {
    String body = "{\"status\":\"%s\",\"output\":[]}".formatted(status);
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", body))) {
      LlmException failure =
          failureOf(client(server).call(nativeRequest("/v1/responses", "{}"), LONG));

      assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
      assertThat(failure.error().code()).isEqualTo(code);
    }
  }

  @Test
  void call_readsAChunkedAnswer() throws Exception {
    String body = "{\"choices\":[{\"text\":\"a\"}]}";
    String chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
                .formatted(body.substring(0, 5), body.length() - 5, body.substring(5));
    try (var server = ScriptedServer.always(chunked)) {
      assertThat(client(server).call(prompt(), LONG).get().body())
          .isEqualTo(body.getBytes(StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"choices\":[{}]}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cho\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        "220 smtp.example.org ESMTP\r\n\r\n",
      })
  void call_isAConnectionError_whenTheConnectionBreaks(String sent) throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, sent);
              return false;
            })) {
      assertConnectionError(failureOf(client(server).call(prompt(), LONG)));
    }
  }

  @Test
  void call_isAConnectionError_whenTheConnectionIsReset() throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              connection.setSoLinger(true, 0);
              return false;
            })) {
      assertConnectionError(failureOf(client(server).call(prompt(), LONG)));
    }
  }

  @Test
  void call_isAConnectionError_whenNobodyListens() throws Exception {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    var client = client(URI.create("http://127.0.0.1:" + port + "/v1"), Optional.empty());

    LlmException failure = failureOf(client.call(prompt(), LONG));
    assertThat(failure).as("nothing was sent").isInstanceOf(LlmException.Unreachable.class);
    assertThat(failure.error().code()).isEqualTo(ErrorCodes.CONNECTION);
  }

  private static void assertConnectionError(LlmException failure) {
    assertThat(failure).isInstanceOf(LlmException.Transient.class);
    assertThat(failure.error().code()).isEqualTo(ErrorCodes.CONNECTION);
    assertThat(failure.getMessage()).doesNotContain("secret prompt").doesNotContain(KEY);
  }

  @Test
  void call_timesOutAndCloses_whenTheBodyDribbles() throws Exception {
    var never = new CountDownLatch(1);
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
              while (true) {
                ScriptedServer.send(connection, " ");
                assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
              }
            })) {
      LlmException failure = failureOf(client(server).call(prompt(), Duration.ofMillis(300)));

      assertThat(failure).isInstanceOf(LlmException.Transient.class);
      assertThat(failure.error().code()).isEqualTo(ErrorCodes.TIMEOUT);
      assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void call_closesTheConnection_whenItIsCancelledBeforeHeadersOrInTheBody() throws Exception {
    for (String sent : new String[] {"", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"}) {
      var began = new CountDownLatch(1);
      try (var server =
          new ScriptedServer(
              (request, connection) -> {
                ScriptedServer.send(connection, sent);
                began.countDown();
                assertThat(connection.getInputStream().read()).isLessThan(0);
                return false;
              })) {
        CompletableFuture<LlmAnswer> call = client(server).call(prompt(), LONG);
        assertThat(began.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(call.cancel(true)).isTrue();

        assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  void close_failsCallsInFlight_andThoseAfter() throws Exception {
    var began = new CountDownLatch(1);
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              began.countDown();
              return connection.getInputStream().read() >= 0;
            })) {
      HttpLlmClient client = client(server);
      CompletableFuture<LlmAnswer> call = client.call(prompt(), LONG);
      assertThat(began.await(20, TimeUnit.SECONDS)).isTrue();

      calls.close();

      assertConnectionError(failureOf(call));
      assertConnectionError(failureOf(client.call(prompt(), LONG)));
      assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void call_stopsReading_whenTheAnswerIsLargerThanWeKeep() throws Exception {
    for (String framing :
        new String[] {"Content-Length: 99000000\r\n\r\n", "Connection: close\r\n\r\n"}) {
      try (var server =
          new ScriptedServer(
              (request, connection) -> {
                ScriptedServer.send(connection, "HTTP/1.1 200 OK\r\n" + framing + "{");
                sendSpaces(connection, 11 * JobStore.MAX_RESULT_BYTES);
                return false;
              })) {
        LlmException failure = failureOf(client(server).call(prompt(), LONG));

        assertThat(failure).isInstanceOf(LlmException.Permanent.class);
        assertThat(failure.error().code()).isEqualTo(ErrorCodes.ANSWER_TOO_LARGE);
        assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  private static void sendSpaces(Socket connection, int count) throws IOException {
    byte[] block = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
    for (int sent = 0; sent < count; sent += block.length) {
      connection.getOutputStream().write(block);
    }
  }

  @Test
  void call_keepsAnAnswer_whenItIsAsLargeAsWeKeep() throws Exception {
    String start = "{\"choices\":[{\"text\":\"";
    String body = start + "x".repeat(JobStore.MAX_RESULT_BYTES - start.length() - 4) + "\"}]}";
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", body))) {
      assertThat(client(server).call(prompt(), LONG).get().body())
          .hasSize(JobStore.MAX_RESULT_BYTES);
    }
  }

  @Test
  void call_reusesAConnection_andOpensAnotherWhenTheServerClosedIt() throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, ScriptedServer.response(200, "", CHAT));
              return !request.body().contains("last");
            })) {
      HttpLlmClient client = client(server);
      LlmRequest last = new LlmRequest.Prompt(Optional.empty(), "last", JSON.createObjectNode());

      client.call(prompt(), LONG).get();
      client.call(last, LONG).get();
      assertThat(server.connections).hasValue(1);
      assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();

      // The close may reach the client only now; then the error says so and the next call works.
      boolean answered = false;
      for (int attempt = 0; attempt < 3 && !answered; attempt++) {
        try {
          client.call(prompt(), LONG).get();
          answered = true;
        } catch (ExecutionException e) {
          assertConnectionError(causeOf(e));
        }
      }
      assertThat(answered).isTrue();
      assertThat(server.connections).hasValue(2);
    }
  }

  @Test
  void call_timesOut_whenNoTimeIsLeft() throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", CHAT))) {
      LlmException failure = failureOf(client(server).call(prompt(), Duration.ZERO));

      assertThat(failure.error().code()).isEqualTo(ErrorCodes.TIMEOUT);
      assertThat(server.requests).isEmpty();
    }
  }
}
