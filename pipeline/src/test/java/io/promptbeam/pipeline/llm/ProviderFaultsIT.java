package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.testing.FaultyProxy;
import io.promptbeam.testing.FaultyProxy.Mode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a call comes to when the provider breaks off, hangs, trickles or answers with nothing. */
@Timeout(60)
class ProviderFaultsIT {
  private static final Duration LONG = Duration.ofSeconds(40);
  private static final Duration SHORT = Duration.ofMillis(250);
  private static final String ANSWER = "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}";
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  private static final Timeouts PATIENT = new Timeouts(LONG, LONG, LONG, LONG);
  private static final LlmRequest PROMPT =
      new LlmRequest.Prompt(
          Optional.empty(), "secret prompt", new ObjectMapper().createObjectNode());

  private final HttpCalls calls = new HttpCalls();

  @AfterEach
  void closeCalls() {
    calls.close();
  }

  private HttpLlmClient client(URI baseUrl, Timeouts timeouts) {
    var model =
        new ModelConfig(
            "m",
            ProviderKind.OPENAI,
            Optional.of(baseUrl),
            Optional.empty(),
            "m",
            new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 10),
            Pricing.FREE,
            timeouts,
            Optional.empty());
    return new HttpLlmClient(
        model,
        new OpenAiProtocol(baseUrl, model.upstreamModel(), false),
        Credentials.NONE,
        calls,
        Clock.systemUTC());
  }

  private static LlmException failureOf(CompletableFuture<LlmAnswer> call) {
    var failure =
        catchThrowableOfType(ExecutionException.class, () -> call.get(50, TimeUnit.SECONDS));
    if (failure.getCause() instanceof LlmException cause) {
      assertThat(cause.error().message()).doesNotContain("secret prompt");
      return cause;
    }
    throw new AssertionError("not an LlmException", failure);
  }

  private LlmException failureOf(String response) throws IOException {
    try (var server = ScriptedServer.always(response)) {
      return failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG));
    }
  }

  private static void assertTransient(LlmException failure, String code) {
    assertThat(failure).isInstanceOf(LlmException.Transient.class);
    assertThat(failure.isRetryable()).isTrue();
    assertThat(failure.error().code()).isEqualTo(code);
  }

  private static void assertUnreachable(LlmException failure, String code) {
    assertThat(failure).as("nothing was sent").isInstanceOf(LlmException.Unreachable.class);
    assertThat(failure.isRetryable()).isTrue();
    assertThat(failure.error().code()).isEqualTo(code);
  }

  private static void assertPermanent(LlmException failure, String code) {
    assertThat(failure).isInstanceOf(LlmException.Permanent.class);
    assertThat(failure.isRetryable()).isFalse();
    assertThat(failure.error().code()).isEqualTo(code);
  }

  private static void assertClosed(ScriptedServer server) throws InterruptedException {
    assertThat(server.closedConnection.await(20, TimeUnit.SECONDS)).isTrue();
  }

  /** Sends {@code start} and then nothing, until the client closes the connection. */
  private static ScriptedServer hangingAfter(String start) throws IOException {
    return new ScriptedServer(
        (request, connection) -> {
          ScriptedServer.send(connection, start);
          assertThat(connection.getInputStream().read()).isNegative();
          return false;
        });
  }

  /** Sends {@code text} over and over, with pauses, until the client closes the connection. */
  private static ScriptedServer trickling(String start, String text) throws IOException {
    var never = new CountDownLatch(1);
    return new ScriptedServer(
        (request, connection) -> {
          ScriptedServer.send(connection, start);
          while (true) {
            ScriptedServer.send(connection, text);
            assertThat(never.await(10, TimeUnit.MILLISECONDS)).isFalse();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Type", HEAD, HEAD + "{\"choices\":["})
  void call_isAConnectionError_whenTheProviderResets(String sent) throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, sent);
              connection.setSoLinger(true, 0);
              return false;
            })) {
      assertTransient(
          failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG)), ErrorCodes.CONNECTION);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + ANSWER,
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n" + ANSWER + "\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8f\r\n" + ANSWER,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + ANSWER,
      })
  void call_isAConnectionError_whenTheAnswerIsCutShort(String sent) throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, sent);
              return false;
            })) {
      assertTransient(
          failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG)), ErrorCodes.CONNECTION);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-"})
  void call_timesOut_whenTheProviderHangsBeforeItsHeadIsComplete(String sent) throws Exception {
    try (var server = hangingAfter(sent)) {
      LlmException failure =
          failureOf(
              client(server.baseUrl(), new Timeouts(LONG, SHORT, LONG, LONG)).call(PROMPT, LONG));

      assertTransient(failure, ErrorCodes.TIMEOUT);
      assertThat(failure.error().message())
          .isEqualTo("the provider did not begin its answer in 0.25 s (first_byte_seconds)");
      assertClosed(server);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {HEAD, HEAD + "{\"choices\":["})
  void call_timesOut_whenTheProviderHangsInItsAnswer(String sent) throws Exception {
    try (var server = hangingAfter(sent)) {
      LlmException failure =
          failureOf(
              client(server.baseUrl(), new Timeouts(LONG, LONG, SHORT, LONG)).call(PROMPT, LONG));

      assertTransient(failure, ErrorCodes.TIMEOUT);
      assertThat(failure.error().message())
          .isEqualTo(
              "the provider sent nothing for 0.25 s in the middle of its answer"
                  + " (between_chunks_seconds)");
      assertClosed(server);
    }
  }

  @Test
  void call_outlivesTheLimitBetweenChunks_whilePiecesCome() throws Exception {
    var never = new CountDownLatch(1);
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(
                  connection, "HTTP/1.1 200 OK\r\nContent-Length: " + ANSWER.length() + "\r\n\r\n");
              for (int at = 0; at < ANSWER.length(); at++) {
                assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
                ScriptedServer.send(connection, ANSWER.substring(at, at + 1));
              }
              return true;
            })) {
      var limits = new Timeouts(LONG, LONG, Duration.ofMillis(500), LONG);

      LlmAnswer answer = client(server.baseUrl(), limits).call(PROMPT, LONG).get();

      assertThat(answer.body()).asString().isEqualTo(ANSWER);
    }
  }

  @ParameterizedTest
  @CsvSource({"body, model", "body, job", "chunks, model", "head, model"})
  void call_timesOut_whenTheProviderTricklesBeyondTheWholeCall(String where, String whose)
      throws Exception {
    String start =
        switch (where) {
          case "body" -> "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n";
          case "chunks" -> "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
          default -> "HTTP/1.1 200 OK\r\nX-Long: ";
        };
    boolean byJob = whose.equals("job");
    try (var server = trickling(start, where.equals("chunks") ? "1\r\n \r\n" : " ")) {
      var limits = new Timeouts(LONG, LONG, LONG, byJob ? LONG : SHORT);

      LlmException failure =
          failureOf(client(server.baseUrl(), limits).call(PROMPT, byJob ? SHORT : LONG));

      assertTransient(failure, ErrorCodes.TIMEOUT);
      assertThat(failure.error().message())
          .isEqualTo(
              byJob
                  ? "the provider's answer was not complete in the 0.25 s this call was given,"
                      + " because the job's deadline is near or the provider has been failing"
                  : "the provider's answer was not complete after 0.25 s (call_seconds)");
      assertClosed(server);
    }
  }

  @Test
  void call_timesOut_whenNoConnectionIsMade() throws Exception {
    // A full queue of connections that nobody accepts: the next one waits for its turn.
    List<Socket> queue = new ArrayList<>();
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Assumptions.assumeTrue(
          fill(listener, queue), "this system accepts connections beyond the backlog");
      var baseUrl = URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1");

      LlmException failure =
          failureOf(client(baseUrl, new Timeouts(SHORT, LONG, LONG, LONG)).call(PROMPT, LONG));

      assertUnreachable(failure, ErrorCodes.TIMEOUT);
      assertThat(failure.error().message())
          .isEqualTo("no connection to the provider was made in 0.25 s (connect_seconds)");
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
    }
  }

  private static boolean fill(ServerSocket listener, List<Socket> queue) throws IOException {
    for (int i = 0; i < 20; i++) {
      var socket = new Socket();
      queue.add(socket);
      try {
        socket.connect(listener.getLocalSocketAddress(), 300);
      } catch (SocketTimeoutException e) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(strings = {"<html>hello</html>", "\u0000\u0001\u0002", "data: {}", "{\"choices\":["})
  void call_isMalformed_whenTheProviderSendsGarbage_andTheConnectionIsOfUseAgain(String garbage)
      throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              String body = request.body().contains("secret") ? garbage : ANSWER;
              ScriptedServer.send(connection, ScriptedServer.response(200, "", body));
              return true;
            })) {
      HttpLlmClient client = client(server.baseUrl(), PATIENT);

      LlmException failure = failureOf(client.call(PROMPT, LONG));

      assertPermanent(failure, ErrorCodes.MALFORMED_ANSWER);
      assertThat(failure.error().providerStatus()).contains(200);
      var other =
          new LlmRequest.Prompt(Optional.empty(), "other", new ObjectMapper().createObjectNode());
      assertThat(client.call(other, LONG).get().body()).asString().isEqualTo(ANSWER);
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void call_isAConnectionError_whenTheBytesAreNotHttp() throws Exception {
    // The platform's client lets go of such a connection without closing it: the server has to.
    try (var server = hangingAfter("\u0016\u0003 neither head nor body\r\n\r\n")) {
      assertTransient(
          failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG)), ErrorCodes.CONNECTION);
    }
  }

  @Test
  void call_isAConnectionError_whenTheChunksAreGarbage() throws Exception {
    try (var server =
        hangingAfter("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")) {
      assertTransient(
          failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG)), ErrorCodes.CONNECTION);
      assertClosed(server);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
      })
  void call_isTooLarge_whenTheProviderSendsTenMegabytes(String head) throws Exception {
    byte[] block = " ".repeat(10_000).getBytes(StandardCharsets.UTF_8);
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(connection, head);
              for (int i = 0; i < 1_000; i++) {
                connection.getOutputStream().write(block);
              }
              assertThat(connection.getInputStream().read()).isNegative();
              return false;
            })) {
      assertPermanent(
          failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG)),
          ErrorCodes.ANSWER_TOO_LARGE);
      assertClosed(server);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "200, 'Content-Length: 0'",
    "202, 'Content-Length: 0'",
    "204, 'X-Nothing: 1'",
    "205, 'Content-Length: 0'",
    "200, 'Connection: close'",
  })
  void call_isEmpty_whenThereIsNoBody(int status, String header) throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              ScriptedServer.send(
                  connection, "HTTP/1.1 " + status + " X\r\n" + header + "\r\n\r\n");
              return !header.contains("close");
            })) {
      LlmException failure = failureOf(client(server.baseUrl(), PATIENT).call(PROMPT, LONG));

      assertPermanent(failure, ErrorCodes.EMPTY_ANSWER);
      assertThat(failure.error().providerStatus()).contains(status);
    }
  }

  @Test
  void call_isEmpty_andSaysWhyAndWhatItUsed_whenThereIsNoContent() throws Exception {
    LlmException failure =
        failureOf(
            ScriptedServer.response(
                200,
                "",
                """
                {"choices":[{"message":{"content":""},"finish_reason":"length"}],
                 "usage":{"prompt_tokens":7,"completion_tokens":50}}
                """));

    assertPermanent(failure, ErrorCodes.EMPTY_ANSWER);
    assertThat(failure.error().message())
        .isEqualTo("the provider's answer is empty; finish_reason is length");
    assertThat(failure.usage()).contains(Usage.of(7, 50));
  }

  @Test
  void call_isMalformed_andSaysWhatItUsed_whenTheUsageCanBeRead() throws Exception {
    LlmException failure =
        failureOf(ScriptedServer.response(200, "", "{\"usage\":{\"prompt_tokens\":7},\"choices\""));

    assertPermanent(failure, ErrorCodes.MALFORMED_ANSWER);
    assertThat(failure.usage()).contains(Usage.of(7, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 102, 103})
  void call_waitsForTheAnswer_whenAnInterimStatusComesFirst(int status) throws Exception {
    String interim = "HTTP/1.1 " + status + " X\r\n\r\n";
    try (var server = ScriptedServer.always(interim + ScriptedServer.response(200, "", ANSWER))) {
      assertThat(client(server.baseUrl(), PATIENT).call(PROMPT, LONG).get().body())
          .asString()
          .isEqualTo(ANSWER);
    }
  }

  @Test
  void call_fails_whenTheProviderSwitchesProtocols() throws Exception {
    LlmException failure =
        failureOf("HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");

    assertThat(failure.error().code()).isIn(ErrorCodes.CONNECTION, ErrorCodes.PROVIDER_ERROR);
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private CompletableFuture<LlmAnswer> callEncoded(String coding, byte[] body) throws Exception {
    try (var server =
        new ScriptedServer(
            (request, connection) -> {
              assertThat(request.head()).contains("Accept-Encoding: identity");
              ScriptedServer.send(
                  connection,
                  "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
                      .formatted(coding, body.length));
              connection.getOutputStream().write(body);
              return true;
            })) {
      CompletableFuture<LlmAnswer> call = client(server.baseUrl(), PATIENT).call(PROMPT, LONG);
      assertThat(call.handle((answer, failure) -> true).get()).isTrue();
      return call;
    }
  }

  @Test
  void call_readsAnAnswer_thatIsCompressedUnasked() throws Exception {
    assertThat(callEncoded("gzip", gzip(ANSWER)).get().body()).asString().isEqualTo(ANSWER);
  }

  @Test
  void call_fails_whenTheEncodingIsWrongOrUnknownOrTooMuch() throws Exception {
    byte[] good = gzip(ANSWER);
    byte[] cut = Arrays.copyOf(good, good.length - 12);

    assertPermanent(failureOf(callEncoded("gzip", cut)), ErrorCodes.MALFORMED_ANSWER);
    assertPermanent(
        failureOf(callEncoded("gzip", ANSWER.getBytes(StandardCharsets.UTF_8))),
        ErrorCodes.MALFORMED_ANSWER);
    assertPermanent(failureOf(callEncoded("br", good)), ErrorCodes.MALFORMED_ANSWER);
    assertPermanent(
        failureOf(callEncoded("gzip", gzip(" ".repeat(10_000_000)))), ErrorCodes.ANSWER_TOO_LARGE);
  }

  @Test
  void call_worksAgain_whenTheNetworkComesBack() throws Exception {
    try (var server = ScriptedServer.always(ScriptedServer.response(200, "", ANSWER));
        var proxy = FaultyProxy.to("127.0.0.1", server.baseUrl().getPort())) {
      var baseUrl = URI.create("http://127.0.0.1:" + proxy.port() + "/v1");
      HttpLlmClient client = client(baseUrl, PATIENT);
      assertThat(client.call(PROMPT, LONG).get().body()).asString().isEqualTo(ANSWER);

      proxy.mode(Mode.RESET);
      // The reset may come before the connection is known to stand, or after.
      LlmException reset = failureOf(client.call(PROMPT, LONG));
      assertThat(reset.isRetryable()).isTrue();
      assertThat(reset.error().code()).isEqualTo(ErrorCodes.CONNECTION);
      proxy.mode(Mode.REFUSE);
      assertUnreachable(failureOf(client.call(PROMPT, LONG)), ErrorCodes.CONNECTION);
      proxy.mode(Mode.cutAfter(30));
      assertTransient(failureOf(client.call(PROMPT, LONG)), ErrorCodes.CONNECTION);
      proxy.mode(Mode.FREEZE_ANSWERS);
      var impatient = client(baseUrl, new Timeouts(LONG, SHORT, LONG, LONG));
      assertTransient(failureOf(impatient.call(PROMPT, LONG)), ErrorCodes.TIMEOUT);

      proxy.mode(Mode.PASS);
      assertThat(client.call(PROMPT, LONG).get().body()).asString().isEqualTo(ANSWER);
    }
  }
}
