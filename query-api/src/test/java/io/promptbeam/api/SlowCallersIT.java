package io.promptbeam.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.spark.Patience;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Callers who send a byte a second, five hundred of each kind. */
class SlowCallersIT {
  private static final int SLOW = 500;
  private static final int POLLS = 300;
  private static final String SUBMIT = "/api/llm/jobs/submit";
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";
  private static final String POST =
      "POST /api/llm/jobs/submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

  private static final String HEADERS = "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

  /** Sockets whose callers go on byte by byte until the server closes them. */
  private static final class Drip implements AutoCloseable {
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicInteger open = new AtomicInteger();

    Drip(AttackedServer server, String... starts) throws IOException {
      for (int i = 0; i < SLOW; i++) {
        Socket socket = server.connect();
        socket.getOutputStream().write(starts[i % starts.length].getBytes(ISO_8859_1));
        sockets.add(socket);
      }
      open.set(SLOW);
      Future<?> unused = clock.scheduleAtFixedRate(this::drip, 1, 1, TimeUnit.SECONDS);
    }

    private void drip() {
      int still = 0;
      for (Socket socket : sockets) {
        try {
          OutputStream out = socket.getOutputStream();
          out.write('x');
          still++;
        } catch (IOException e) {
          // The server closed it, as it should.
        }
      }
      open.set(still);
    }

    boolean areAllClosedWithin(Duration time) throws InterruptedException {
      long end = System.nanoTime() + time.toNanos();
      while (open.get() > 0 && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
      return open.get() == 0;
    }

    @Override
    public void close() throws IOException {
      clock.shutdownNow();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private static double p99Millis(AttackedServer server) {
    long[] nanos = new long[POLLS];
    String job = server.http.post(SUBMIT, PROMPT).text("status_url");
    for (int i = 0; i < POLLS; i++) {
      long start = System.nanoTime();
      // Every tenth is a submission.
      int status =
          i % 10 == 0 ? server.http.post(SUBMIT, PROMPT).status() : server.http.get(job).status();
      nanos[i] = System.nanoTime() - start;
      assertThat(status).isIn(200, 202);
    }
    Arrays.sort(nanos);
    return nanos[POLLS * 99 / 100 - 1] / 1e6;
  }

  private static double p99Beside(AttackedServer server, double before, String... starts)
      throws Exception {
    try (Drip drip = new Drip(server, starts)) {
      double during = p99Millis(server);
      assertThat(during).isLessThan(Math.max(20 * before, 2_000));
      assertThat(drip.areAllClosedWithin(Duration.ofSeconds(60))).isTrue();
      return during;
    }
  }

  @Test
  void others_areServed_whileFiveHundredCallersDrip_andThoseAreClosed() throws Exception {
    Patience patience = new Patience(Duration.ofSeconds(3), Duration.ofSeconds(3), 1_000);
    // Fewer threads than slow callers: each that held one would be felt.
    try (AttackedServer server = new AttackedServer(ApiLimits.DEFAULT.withPatience(patience))) {
      p99Millis(server);
      double before = p99Millis(server);
      double headers = p99Beside(server, before, HEADERS);
      double bodies =
          p99Beside(
              server,
              before,
              POST + "Content-Length: 50000\r\n\r\n{\"full_input\":\"",
              POST + "Content-Length: 500000\r\n\r\n{\"full_input\":\"",
              POST + "Transfer-Encoding: chunked\r\n\r\n4000\r\n{\"full_input\":\"");
      System.out.printf(
          "p99 alone %.1f ms; beside 500 callers who drip headers %.1f ms, bodies %.1f ms%n",
          before, headers, bodies);
      assertThat(server.http.post(SUBMIT, PROMPT).status()).isEqualTo(202);
    }
  }
}
