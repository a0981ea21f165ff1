package io.promptbeam.pipeline.notice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpServer;
import io.promptbeam.catalog.SecretReference;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.Webhook;
import io.promptbeam.catalog.Webhook.Subject;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import io.promptbeam.pipeline.notice.NoticeSender.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sends to a server on the loopback of this machine; nothing leaves it. */
@Timeout(30)
class WebhookSenderTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final Notice NOTICE =
      new Notice(
          "evt_1",
          new Owner("ada"),
          "batch.completed",
          "{\"id\":\"evt_1\",\"ä\":1}",
          Target.WEBHOOK);

  private record Request(String path, Map<String, List<String>> headers, String body) {}

  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private volatile int status = 204;
  private volatile Optional<byte[]> endless = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          requests.add(
              new Request(exchange.getRequestURI().toString(), exchange.getRequestHeaders(), body));
          if (exchange.getRequestURI().getPath().equals("/redirect")) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
          }
          if (endless.isPresent()) {
            exchange.sendResponseHeaders(status, 0);
            try {
              while (true) {
                exchange.getResponseBody().write(endless.get());
              }
            } catch (IOException e) {
              exchange.close();
            }
          } else {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static WebhookSender sender(String secret, CheckedResolver.Lookup lookup) {
    return new WebhookSender(
        new SecretResolver(name -> Optional.of(secret)),
        Clock.systemUTC(),
        Duration.ofSeconds(2),
        4,
        lookup);
  }

  private static CheckedResolver.Lookup noLookup() {
    return host -> {
      throw new AssertionError("nobody was to be looked up");
    };
  }

  private Webhook webhook(String path, boolean allowPrivate) {
    return at("http://127.0.0.1:" + server.getAddress().getPort() + path, allowPrivate);
  }

  private static Webhook at(String url, boolean allowPrivate) {
    return new Webhook(
        URI.create(url), new SecretReference.Env("S"), Set.of(Subject.BATCH), allowPrivate);
  }

  private Answer send(String path) {
    try (WebhookSender sender = sender(SECRET, noLookup())) {
      return sender.send(NOTICE, webhook(path, true));
    }
  }

  @Test
  void notice_isSignedAsTheSpecificationSays_andVerifiedByItsLibrary() throws Exception {
    assertThat(send("/hook?k=v")).isEqualTo(new Answer.Delivered());

    Request request = requests.remove();
    assertThat(request.path()).isEqualTo("/hook?k=v");
    assertThat(request.body()).isEqualTo(NOTICE.body());
    assertThat(request.headers().get("Webhook-id")).containsExactly("evt_1");
    assertThat(request.headers().get("Content-type"))
        .containsExactly("application/json; charset=UTF-8");
    var verifier = new com.standardwebhooks.Webhook(SECRET);
    Map<String, List<String>> headers =
        Map.of(
            "webhook-id", request.headers().get("Webhook-id"),
            "webhook-timestamp", request.headers().get("Webhook-timestamp"),
            "webhook-signature", request.headers().get("Webhook-signature"));
    verifier.verify(request.body(), headers);
    assertThatThrownBy(() -> verifier.verify(request.body() + " ", headers))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void answer_isWhatTheStatusSays() {
    for (int ok : new int[] {200, 202, 204}) {
      status = ok;
      assertThat(send("/")).isEqualTo(new Answer.Delivered());
    }
    status = 410;
    assertThat(send("/")).isEqualTo(new Answer.Gone());
    for (int bad : new int[] {304, 400, 401, 404, 429, 500, 503}) {
      status = bad;
      assertThat(send("/")).isEqualTo(new Answer.Failed("HTTP " + bad));
    }
  }

  @Test
  void redirect_isNotFollowed() {
    status = 307;
    assertThat(send("/redirect")).isEqualTo(new Answer.Failed("HTTP 307"));
    assertThat(requests).hasSize(1);
  }

  @Test
  void body_isNotReadToItsEnd_whenItHasNone() {
    status = 200;
    endless = Optional.of(new byte[8_192]);
    long startNanos = System.nanoTime();

    assertThat(send("/")).isEqualTo(new Answer.Delivered());

    assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void nothing_isSent_whenTheAddressIsNotPublic() {
    List<String> hosts = List.of("127.0.0.1", "[::1]", "2130706433", "[::ffff:127.0.0.1]");
    try (WebhookSender sender = sender(SECRET, InetAddress::getAllByName)) {
      for (String host : hosts) {
        String url = "http://" + host + ":" + server.getAddress().getPort() + "/";
        assertThat(sender.send(NOTICE, at(url, false)))
            .as(host)
            .isEqualTo(new Answer.Failed("the address is not a public one"));
      }
    }
    assertThat(requests).isEmpty();
  }

  @Test
  void nothing_isSent_whenAPublicNameLeadsInside() {
    try (WebhookSender sender =
        sender(SECRET, host -> new InetAddress[] {InetAddress.getLoopbackAddress()})) {
      String url = "http://hooks.example:" + server.getAddress().getPort() + "/";
      assertThat(sender.send(NOTICE, at(url, false)))
          .isEqualTo(new Answer.Failed("the address is not a public one"));
    }
    assertThat(requests).isEmpty();
  }

  @Test
  void nothing_isSent_whenTheSecretIsNone() {
    for (String secret : List.of("plain", "whsec_!!!", "whsec_")) {
      try (WebhookSender sender = sender(secret, noLookup())) {
        Answer answer = sender.send(NOTICE, webhook("/", true));
        assertThat(answer).isInstanceOf(Answer.Failed.class);
        assertThat(((Answer.Failed) answer).why())
            .contains("env:S")
            .doesNotContain("plain")
            .doesNotContain("!!!");
      }
    }
    assertThat(requests).isEmpty();
  }

  @Test
  void attempt_fails_whenNobodyAnswersInTime() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        WebhookSender sender = sender(SECRET, noLookup())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort() + "/";
      assertThat(sender.send(NOTICE, at(url, true))).isInstanceOf(Answer.Failed.class);
    }
  }
}
