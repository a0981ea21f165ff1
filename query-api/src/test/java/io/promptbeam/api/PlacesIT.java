package io.promptbeam.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Gate;
import io.promptbeam.api.http.Route;
import io.promptbeam.api.spark.HttpHost;
import io.promptbeam.api.spark.Patience;
import io.promptbeam.job.Owner;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Large bodies and answers that stand still, most where nobody is closed for being slow. */
class PlacesIT {
  private static final String UPLOAD = "/it/places/upload";
  private static final String WHOLE = "/it/places/whole";
  private static final String STREAM = "/it/places/stream";
  private static final String PAUSED = "/it/places/paused";
  private static final String POLL = "/it/places/poll";

  /** Half for either kind, twelve for both, four for one owner. */
  private static final int THREADS = 16;

  private static final int OF_OWNER = 4;
  private static final String LARGE = "x".repeat(100_000);

  /** More than the buffers of two sockets hold. */
  private static final byte[] HUGE = new byte[12_000_000];

  private final List<Socket> slow = new ArrayList<>();
  private HttpHost host;
  private HttpProbe http;

  @BeforeEach
  void start() throws IOException {
    start(new Patience(Duration.ofSeconds(60), Duration.ofSeconds(60), 1));
  }

  private void start(Patience patience) throws IOException {
    ApiResponse whole = new ApiResponse(200, "application/octet-stream", HUGE, List.of());
    ApiResponse stream =
        ApiResponse.streamed(200, "application/octet-stream", out -> out.write(HUGE));
    ApiResponse paused = ApiResponse.streamed(200, "text/plain", PlacesIT::writeWithPause);
    ApiResponse done = ApiResponse.empty(204);
    Gate gate = (request, open) -> Caller.of(new Owner(request.header("X-Owner").orElse("nobody")));
    host =
        new HttpHost(
            new HttpHost.Settings(
                "127.0.0.1",
                0,
                1_000_000,
                16_384,
                Duration.ofSeconds(60),
                patience,
                THREADS,
                1_000,
                Duration.ofSeconds(5)),
            List.of(
                Route.submitting(
                    "POST",
                    UPLOAD,
                    (request, caller) -> {
                      request.body();
                      return CompletableFuture.completedFuture(done);
                    }),
                Route.reading(WHOLE, (r, c) -> CompletableFuture.completedFuture(whole)),
                Route.reading(STREAM, (r, c) -> CompletableFuture.completedFuture(stream)),
                Route.reading(PAUSED, (r, c) -> CompletableFuture.completedFuture(paused)),
                Route.reading(POLL, (r, c) -> CompletableFuture.completedFuture(done))),
            gate);
    host.start();
    http = new HttpProbe(URI.create("http://127.0.0.1:" + host.port()));
  }

  private static void writeWithPause(OutputStream out) throws IOException {
    out.write('a');
    out.flush();
    try {
      TimeUnit.MILLISECONDS.sleep(2_300);
    } catch (InterruptedException e) {
      throw new InterruptedIOException();
    }
    out.write('b');
  }

  @AfterEach
  void stop() throws IOException {
    letGo();
    host.stop();
  }

  private void letGo() throws IOException {
    for (Socket socket : slow) {
      socket.close();
    }
    slow.clear();
  }

  private Socket send(String owner, String start) throws IOException {
    Socket socket = new Socket();
    slow.add(socket);
    socket.setSoTimeout(10_000);
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), host.port()));
    String head = start.replaceFirst("\r\n", "\r\nHost: localhost\r\nX-Owner: " + owner + "\r\n");
    socket.getOutputStream().write(head.getBytes(ISO_8859_1));
    return socket;
  }

  private static String status(Socket socket) throws IOException {
    return new String(socket.getInputStream().readNBytes("HTTP/1.1 200".length()), ISO_8859_1);
  }

  private static String half(int length) {
    return "POST " + UPLOAD + " HTTP/1.1\r\nContent-Length: " + length + "\r\n";
  }

  /** Uploads that are being read: the server asks for the rest. */
  private void uploadHalf(int count, String owner) throws IOException {
    for (int i = 0; i < count; i++) {
      Socket socket = send(owner, half(LARGE.length()) + "Expect: 100-continue\r\n\r\n");
      assertThat(status(socket)).isEqualTo("HTTP/1.1 100");
      socket.getOutputStream().write('x');
    }
  }

  /** Downloads that began, and of which no more is fetched. */
  private void downloadBegin(int count, String owner, String path) throws IOException {
    for (int i = 0; i < count; i++) {
      Socket socket = send(owner, "GET " + path + " HTTP/1.1\r\n\r\n");
      assertThat(status(socket)).isEqualTo("HTTP/1.1 200");
    }
  }

  private Answer upload(String owner) {
    return http.post(UPLOAD, LARGE, "X-Owner", owner);
  }

  private int poll(String owner) {
    return http.get(POLL, "X-Owner", owner).status();
  }

  private static void awaitStatus(int status, Supplier<Answer> call) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    Answer answer = call.get();
    while (answer.status() != status && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(20);
      answer = call.get();
    }
    assertThat(answer.status()).isEqualTo(status);
  }

  /** Asks first: what is refused while it is sent may be reset before the answer is read. */
  private String askToUpload(String owner) throws IOException {
    try (Socket socket = send(owner, half(LARGE.length()) + "Expect: 100-continue\r\n\r\n")) {
      String status = status(socket);
      return status.endsWith("503")
          ? status + new String(socket.getInputStream().readAllBytes(), ISO_8859_1)
          : status;
    }
  }

  private void awaitUpload(String owner) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    String answer = askToUpload(owner);
    while (!answer.equals("HTTP/1.1 100") && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(20);
      answer = askToUpload(owner);
    }
    assertThat(answer).isEqualTo("HTTP/1.1 100");
  }

  private void assertUploadRefused(String owner) throws IOException {
    assertThat(askToUpload(owner))
        .startsWith("HTTP/1.1 503")
        .contains("Retry-After: 2\r\n", "\"too_many_uploads\"");
  }

  private static void assertRefused(Answer answer, String code) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text("code")).isEqualTo(code);
    assertThat(answer.header("Retry-After")).isEqualTo("2");
  }

  @Test
  void uploads_takeHalfOfTheThreads_andOneOwnerAQuarter() throws Exception {
    uploadHalf(OF_OWNER, "a");
    assertUploadRefused("a");
    assertThat(upload("b").status()).isEqualTo(204);

    uploadHalf(OF_OWNER, "b");
    assertUploadRefused("c");

    for (int i = 0; i < 3 * THREADS; i++) {
      send("a", half(1_000) + "\r\nx");
    }
    for (String owner : List.of("a", "b", "c")) {
      assertThat(poll(owner)).isEqualTo(204);
      assertThat(http.post(UPLOAD, "short", "X-Owner", owner).status()).isEqualTo(204);
    }
    letGo();
    for (String owner : List.of("a", "b", "c")) {
      awaitUpload(owner);
    }
  }

  @Test
  void downloads_takeHalfOfTheThreads_andOneOwnerAQuarter() throws Exception {
    downloadBegin(OF_OWNER / 2, "a", WHOLE);
    downloadBegin(OF_OWNER / 2, "a", STREAM);
    assertRefused(http.get(WHOLE, "X-Owner", "a"), "too_many_downloads");
    assertRefused(http.get(STREAM, "X-Owner", "a"), "too_many_downloads");
    assertUploadRefused("a");

    downloadBegin(OF_OWNER, "b", WHOLE);
    assertRefused(http.get(STREAM, "X-Owner", "c"), "too_many_downloads");
    assertThat(upload("c").status()).isEqualTo(204);

    uploadHalf(OF_OWNER, "c");
    assertUploadRefused("d");
    for (String owner : List.of("a", "b", "c", "d")) {
      assertThat(poll(owner)).isEqualTo(204);
    }
    letGo();
    for (String owner : List.of("a", "b", "c", "d")) {
      awaitStatus(200, () -> http.get(WHOLE, "X-Owner", owner));
      awaitUpload(owner);
    }
  }

  @Test
  void answer_isCut_whenItsCallerPauses_andNotWhenTheServerDoes() throws Exception {
    host.stop();
    start(new Patience(Duration.ofSeconds(60), Duration.ofMillis(300), 1_000_000_000));
    CompletableFuture<Answer> paused = http.callLater("GET", PAUSED, "", "X-Owner", "a");
    downloadBegin(OF_OWNER, "b", WHOLE);
    assertThat(paused.get(10, TimeUnit.SECONDS).body()).isEqualTo("ab");
    // They gave their places back, having been closed.
    awaitUpload("b");
  }
}
