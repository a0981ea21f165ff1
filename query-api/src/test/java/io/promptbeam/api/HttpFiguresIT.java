package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.http.HttpFigures.Answers;
import io.promptbeam.api.http.HttpFigures.Snapshot;
import io.promptbeam.api.http.HttpFigures.Times;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every answer of a running server is counted once, whoever gave it. */
class HttpFiguresIT {
  private static final String SUBMIT = "/api/llm/jobs/submit";
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";

  private final TestStack stack = new TestStack(ApiConfig.loopback(0));
  private final HttpProbe http = new HttpProbe(stack.server.uri());

  @AfterEach
  void stop() {
    stack.close();
  }

  /** A caller may have its answer a moment before it is counted. */
  private Snapshot await(Predicate<Snapshot> wanted) {
    long deadlineNanos = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    Snapshot now = stack.server.figures().snapshot();
    while (!wanted.test(now) && System.nanoTime() < deadlineNanos) {
      LockSupport.parkNanos(1_000_000);
      now = stack.server.figures().snapshot();
    }
    assertThat(now).matches(wanted);
    return now;
  }

  private static Map<String, Long> byLabels(Snapshot figures) {
    Map<String, Long> counts = new TreeMap<>();
    for (Answers a : figures.answers()) {
      counts.put(a.route() + " " + a.method() + " " + a.status(), a.count());
    }
    return counts;
  }

  private static long answered(Snapshot figures) {
    return figures.answers().stream().mapToLong(Answers::count).sum();
  }

  @Test
  void answers_areCountedByTheirRoute_whereverTheyAreGiven() throws Exception {
    String id = http.post(SUBMIT + "/", PROMPT).text("job_id");
    http.post(SUBMIT, "{");
    http.get("/api/llm/jobs/" + id + "/status/");
    http.get("/api/llm/jobs/" + id + "/status");
    http.call("HEAD", "/api/llm/models", "");
    http.call("PUT", "/api/llm/models", "{}");
    http.call("OPTIONS", "/api/llm/jobs/", "");
    http.get("/nothing/here?secret=1");
    http.raw("BREW /pot HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    http.raw("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n");

    Snapshot figures = await(now -> answered(now) == 10);

    assertThat(byLabels(figures))
        .containsExactly(
            Map.entry("/api/llm/jobs/:job_id/status GET 200", 2L),
            Map.entry("/api/llm/jobs/submit POST 202", 1L),
            Map.entry("/api/llm/jobs/submit POST 400", 1L),
            Map.entry("/api/llm/models HEAD 200", 1L),
            Map.entry("unreadable OTHER 400", 1L),
            Map.entry("unrouted GET 404", 1L),
            Map.entry("unrouted OPTIONS 204", 1L),
            Map.entry("unrouted OTHER 404", 1L),
            Map.entry("unrouted PUT 405", 1L));
    assertThat(figures.inFlight()).isZero();
    for (Times times : figures.times()) {
      assertThat(times.count())
          .as(times.route())
          .isEqualTo(
              figures.answers().stream()
                  .filter(a -> a.route().equals(times.route()))
                  .mapToLong(Answers::count)
                  .sum());
    }
  }

  @Test
  void heldRequest_isInFlight_untilItIsAnswered() {
    String id = http.post(SUBMIT, PROMPT).text("job_id");
    var held = http.callLater("GET", "/api/llm/jobs/" + id + "/status/", "", "Prefer", "wait=20");
    await(now -> now.inFlight() == 1);
    stack.complete(id);
    assertThat(held.join().text("status")).isIn("processing", "completed");
    await(now -> now.inFlight() == 0 && answered(now) == 2);
  }

  @Test
  void outage_isCountedAs503() {
    stack.storeFails = true;
    http.post(SUBMIT, PROMPT);
    Snapshot figures = await(now -> answered(now) == 1);
    assertThat(byLabels(figures)).containsOnlyKeys("/api/llm/jobs/submit POST 503");
  }
}
