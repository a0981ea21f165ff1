package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.auth.oauth2.AccessToken;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.OutputText;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.RateHint.Dimension;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls as models.yaml configures them, over HTTP, to servers that answer as providers do. */
@Timeout(60)
class ProviderProtocolsIT {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String KEY = "k-abcdef123456";
  private static final String EVENTS = "Content-Type: text/event-stream\r\n";
  private static final LlmRequest PROMPT =
      new LlmRequest.Prompt(Optional.empty(), "secret prompt", Json.object());

  private final AtomicInteger tokens = new AtomicInteger();

  private HttpLlmClients clients(ScriptedServer server, String provider, String more)
      throws Exception {
    String base = server.baseUrl().toString();
    String root = provider.equals("openai") ? base : base.substring(0, base.length() - 3);
    String model =
        "models: [{id: m, provider: %s, base_url: '%s', upstream_model: up %s}]"
            .formatted(provider, root, more);
    return HttpLlmClients.open(
        ModelCatalogLoader.parse("models.yaml", model),
        new SecretResolver(name -> Optional.of(KEY)),
        () ->
            new AccessToken(
                "ya29.token-" + tokens.incrementAndGet(),
                Date.from(Instant.now().plus(Duration.ofHours(1)))));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ProviderProtocolsIT.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private LlmAnswer answer(String provider, String more, String response) throws Exception {
    try (var server = ScriptedServer.always(response);
        var clients = clients(server, provider, more)) {
      return clients.client("m").call(PROMPT, LONG).get();
    }
  }

  private LlmException failure(String provider, String more, String response) throws Exception {
    try (var server = ScriptedServer.always(response);
        var clients = clients(server, provider, more)) {
      return failureOf(clients.client("m").call(PROMPT, LONG));
    }
  }

  private static LlmException failureOf(CompletableFuture<LlmAnswer> call) {
    var failure =
        catchThrowableOfType(ExecutionException.class, () -> call.get(50, TimeUnit.SECONDS));
    if (failure.getCause() instanceof LlmException cause) {
      assertThat(cause.error().message()).doesNotContain("secret prompt").doesNotContain(KEY);
      return cause;
    }
    throw new AssertionError("not an LlmException", failure);
  }

  private static Optional<String> text(LlmAnswer answer) throws IOException {
    return OutputText.of(Json.MAPPER.readTree(answer.body()));
  }

  @Test
  void anthropic_isCalledWithKeyAndVersion_andSaysWhatIsLeft() throws Exception {
    String headers =
        String.join(
            "\r\n",
            "anthropic-ratelimit-input-tokens-limit: 80000",
            "anthropic-ratelimit-input-tokens-remaining: 79000",
            "anthropic-ratelimit-input-tokens-reset: 2001-01-01T00:00:00Z",
            "");
    try (var server =
            ScriptedServer.always(
                ScriptedServer.response(200, headers, resource("anthropic-text.json")));
        var clients = clients(server, "anthropic", ", api_key: 'env:K', max_output_tokens: 99")) {
      LlmAnswer answer = clients.client("m").call(PROMPT, LONG).get();

      assertThat(text(answer)).contains("Héllo 😀!");
      assertThat(answer.usage()).isEqualTo(new Usage(2_125, 2_000, 15, 0));
      assertThat(answer.finishReason()).contains(FinishReason.STOP);
      assertThat(answer.rateHints())
          .containsExactly(new RateHint(Dimension.INPUT_TOKENS, 80_000, 79_000, Duration.ZERO));
      ScriptedServer.Request sent = server.requests.get(0);
      assertThat(sent.line()).isEqualTo("POST /v1/messages HTTP/1.1");
      assertThat(sent.head())
          .contains("x-api-key: " + KEY + "\r\n")
          .contains("anthropic-version: 2023-06-01\r\n")
          .doesNotContain("Authorization");
      assertThat(Json.MAPPER.readTree(sent.body()).path("max_tokens").asInt()).isEqualTo(99);
    }
  }

  @Test
  void gemini_isCalledWithItsKey() throws Exception {
    try (var server =
            ScriptedServer.always(ScriptedServer.response(200, "", resource("gemini-text.json")));
        var clients = clients(server, "gemini", ", api_key: 'env:K'")) {
      LlmAnswer answer = clients.client("m").call(PROMPT, LONG).get();

      assertThat(text(answer)).contains("Héllo 😀.");
      assertThat(answer.usage()).isEqualTo(new Usage(8, 4, 21, 16));
      ScriptedServer.Request sent = server.requests.get(0);
      assertThat(sent.line()).isEqualTo("POST /v1beta/models/up:generateContent HTTP/1.1");
      assertThat(sent.head()).contains("x-goog-api-key: " + KEY + "\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai, openai-chat, /v1/chat/completions",
    "anthropic, anthropic-text, /v1/messages",
    "gemini, gemini-text, /v1beta/models/up:streamGenerateContent?alt=sse",
  })
  void streamedCall_givesTheSameAnswer(String provider, String name, String path) throws Exception {
    LlmAnswer whole =
        answer(provider, "", ScriptedServer.response(200, "", resource(name + ".json")));
    String stream = ScriptedServer.response(200, EVENTS, resource(name + ".sse"));
    try (var server = ScriptedServer.always(stream);
        var clients = clients(server, provider, ", stream: true")) {
      for (int call = 0; call < 3; call++) {
        LlmAnswer streamed = clients.client("m").call(PROMPT, LONG).get();
        assertThat(Json.MAPPER.readTree(streamed.body()))
            .isEqualTo(Json.MAPPER.readTree(whole.body()));
        assertThat(streamed.usage()).isEqualTo(whole.usage());
        assertThat(streamed.finishReason()).isEqualTo(whole.finishReason());
      }
      assertThat(server.requests.get(0).line()).isEqualTo("POST " + path + " HTTP/1.1");
      assertThat(server.requests.get(0).head()).contains("Accept: text/event-stream");
    }
  }

  @Test
  void streamedCall_takesAWholeAnswer_whenTheServerDoesNotStream() throws Exception {
    String response =
        ScriptedServer.response(
            200, "Content-Type: application/json\r\n", resource("openai-chat.json"));
    assertThat(text(answer("openai", ", stream: true", response))).isPresent();
  }

  @Test
  void streamedCall_endsWithItsLastEvent_whenTheConnectionStaysOpen() throws Exception {
    String stream = resource("anthropic-text.sse");
    try (var server =
            new ScriptedServer(
                (request, connection) -> {
                  ScriptedServer.send(
                      connection,
                      "HTTP/1.1 200 OK\r\n" + EVENTS + "Content-Length: 900000\r\n\r\n" + stream);
                  return connection.getInputStream().read() >= 0;
                });
        var clients = clients(server, "anthropic", ", stream: true")) {
      assertThat(text(clients.client("m").call(PROMPT, LONG).get())).contains("Héllo 😀!");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai, openai-chat, 400",
    "anthropic, anthropic-text, 900",
    "gemini, gemini-text, 500",
  })
  void streamedCall_isAConnectionError_whenTheStreamIsCut(String provider, String name, int length)
      throws Exception {
    String part = resource(name + ".sse").substring(0, length);
    LlmException failure =
        failure(provider, ", stream: true", ScriptedServer.response(200, EVENTS, part));
    assertThat(failure).isInstanceOf(LlmException.Transient.class);
    assertThat(failure.error().code()).isEqualTo(ErrorCodes.CONNECTION);
  }

  @ParameterizedTest
  @CsvSource({
    "overloaded_error, Throttled, rate_limited",
    "api_error, Transient, provider_error",
    "invalid_request_error, Transient, provider_error",
  })
  void streamedCall_mayBeTriedAgain_whenAnErrorComesInTheMiddle(
      String type, String kind, String code) throws Exception {
    String stream =
        resource("anthropic-text.sse").substring(0, 900).replaceFirst("[^\n]*$", "")
            + "\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\""
            + type
            + "\",\"message\":\"Sorry, "
            + KEY
            + "\"}}\n\n";
    LlmException failure =
        failure(
            "anthropic",
            ", stream: true, api_key: 'env:K'",
            ScriptedServer.response(200, EVENTS, stream));
    assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
    assertThat(failure.error().code()).isEqualTo(code);
    assertThat(failure.error().message()).isEqualTo("Sorry, [key]");
  }

  @Test
  void streamedCall_isMalformed_whenItsEventsAreNoneOfTheApi() throws Exception {
    LlmException failure =
        failure(
            "openai", ", stream: true", ScriptedServer.response(200, EVENTS, "data: <html>\n\n"));
    assertThat(failure.error().code()).isEqualTo(ErrorCodes.MALFORMED_ANSWER);
  }

  @Test
  void streamedCall_timesOut_whenTheStreamFallsSilent() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, connection) -> {
                  ScriptedServer.send(
                      connection,
                      "HTTP/1.1 200 OK\r\n" + EVENTS + "Content-Length: 9000\r\n\r\n: hi\n\n");
                  return connection.getInputStream().read() >= 0;
                });
        var clients =
            clients(
                server, "anthropic", ", stream: true, timeouts: {between_chunks_seconds: 0.2}")) {
      LlmException failure = failureOf(clients.client("m").call(PROMPT, LONG));
      assertThat(failure.error().code()).isEqualTo(ErrorCodes.TIMEOUT);
      assertThat(failure.error().message()).contains("between_chunks_seconds");
      assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai|200|{'choices':[{'message':{'content':null,'refusal':'I cannot'}}],'usage':"
            + "{'prompt_tokens':5}}|content_refused",
        "anthropic|200|{'content':[],'stop_reason':'refusal','usage':{'input_tokens':5}}|"
            + "content_refused",
        "gemini|200|{'promptFeedback':{'blockReason':'SAFETY'},'usageMetadata':"
            + "{'promptTokenCount':5}}|content_refused",
        "openai|400|{'error':{'code':'context_length_exceeded'}}|context_length_exceeded",
        "anthropic|400|{'error':{'type':'invalid_request_error','message':'prompt is too long'}}|"
            + "context_length_exceeded",
        "gemini|400|{'error':{'status':'INVALID_ARGUMENT','message':'The input token count exceeds"
            + " the maximum'}}|context_length_exceeded",
        "openai|429|{'error':{'code':'insufficient_quota'}}|provider_quota_exhausted",
        "gemini|400|{'error':{'message':'API key not valid.','status':'INVALID_ARGUMENT'}}|"
            + "provider_auth",
        "anthropic|413|{'error':{'type':'request_too_large','message':'x'}}|invalid_request",
      })
  void permanentErrors_haveACodeEach(String provider, int status, String body, String code)
      throws Exception {
    LlmException failure =
        failure(provider, "", ScriptedServer.response(status, "", body.replace('\'', '"')));
    assertThat(failure).isInstanceOf(LlmException.Permanent.class);
    assertThat(failure.error().code()).isEqualTo(code);
    assertThat(failure.error().providerStatus()).contains(status);
    if (status == 200) {
      assertThat(failure.usage()).contains(Usage.of(5, 0));
    }
  }

  @Test
  void throttled_carriesTheWaitOfTheBody_andTheHints() throws Exception {
    String body =
        "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
            + "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34s\"}]}}";
    assertThat(failure("gemini", "", ScriptedServer.response(429, "", body)).retryAfter())
        .contains(Duration.ofSeconds(34));
    String headers =
        String.join(
            "\r\n",
            "x-ratelimit-limit-requests: 60",
            "x-ratelimit-remaining-requests: 0",
            "x-ratelimit-reset-requests: 1s",
            "");
    assertThat(failure("openai", "", ScriptedServer.response(429, headers, "{}")).rateHints())
        .containsExactly(new RateHint(Dimension.REQUESTS, 60, 0, Duration.ofSeconds(1)));
  }

  private static final String VERTEX = ", vertex: {project: proj-1, location: europe-west4}";

  @Test
  void vertex_isCalledWithAGoogleToken_whichIsFetchedOnce() throws Exception {
    try (var server =
            ScriptedServer.always(ScriptedServer.response(200, "", resource("gemini-text.json")));
        var clients = clients(server, "gemini", VERTEX)) {
      for (int call = 0; call < 3; call++) {
        assertThat(text(clients.client("m").call(PROMPT, LONG).get())).contains("Héllo 😀.");
      }
      assertThat(tokens).hasValue(1);
      assertThat(server.requests)
          .hasSize(3)
          .allSatisfy(
              sent -> {
                assertThat(sent.line())
                    .isEqualTo(
                        "POST /v1/projects/proj-1/locations/europe-west4/publishers/google/models"
                            + "/up:generateContent HTTP/1.1");
                assertThat(sent.head())
                    .contains("Authorization: Bearer ya29.token-1\r\n")
                    .doesNotContain("x-goog-api-key");
              });
    }
  }

  @Test
  void vertex_getsAnotherToken_whenItRefusedOne_andTheCallMayBeTriedAgain() throws Exception {
    String good = resource("gemini-text.json");
    String refusal =
        "{\"error\":{\"code\":401,\"message\":\"Bad ya29.token-1\",\"status\":\"UNAUTHENTICATED\"}}";
    try (var server =
            new ScriptedServer(
                (request, connection) -> {
                  boolean first = request.head().contains("token-1");
                  ScriptedServer.send(
                      connection,
                      ScriptedServer.response(first ? 401 : 200, "", first ? refusal : good));
                  return true;
                });
        var clients = clients(server, "gemini", VERTEX)) {
      LlmException failure = failureOf(clients.client("m").call(PROMPT, LONG));
      assertThat(failure).isInstanceOf(LlmException.Transient.class);
      assertThat(failure.error().code()).isEqualTo(ErrorCodes.PROVIDER_AUTH);
      assertThat(failure.error().message()).doesNotContain("ya29");

      assertThat(text(clients.client("m").call(PROMPT, LONG).get())).isPresent();
      assertThat(tokens).hasValue(2);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void vertex_doesNotHoldItsCallersUp_whileGoogleIsSilent(boolean cancelled) throws Exception {
    var never = new CountDownLatch(1);
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", "{}"));
        var clients =
            HttpLlmClients.open(
                ModelCatalogLoader.parse(
                    "models.yaml",
                    "models: [{id: m, provider: gemini, base_url: '%s' %s}]"
                        .formatted(server.baseUrl(), VERTEX)),
                new SecretResolver(name -> Optional.empty()),
                () -> {
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  throw new IOException("never");
                })) {
      CompletableFuture<LlmAnswer> call =
          clients.client("m").call(PROMPT, Duration.ofMillis(cancelled ? 30_000 : 200));
      if (cancelled) {
        assertThat(call.cancel(true)).isTrue();
      } else {
        assertThat(failureOf(call).error().code()).isEqualTo(ErrorCodes.TIMEOUT);
      }
      assertThat(server.requests).isEmpty();
    } finally {
      never.countDown();
    }
  }
}
