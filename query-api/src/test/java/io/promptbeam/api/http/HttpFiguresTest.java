package io.promptbeam.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.api.http.HttpFigures.Answers;
import io.promptbeam.api.http.HttpFigures.Snapshot;
import io.promptbeam.api.http.HttpFigures.Times;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HttpFiguresTest {
  private static final Handler NOTHING =
      (request, caller) -> CompletableFuture.completedFuture(ApiResponse.empty(204));

  private final HttpFigures figures =
      new HttpFigures(
          List.of(
              Route.reading("/jobs/:job_id", NOTHING),
              Route.submitting("DELETE", "/jobs/:job_id", NOTHING)));

  private Times times(String route) {
    return figures.snapshot().times().stream()
        .filter(times -> times.route().equals(route))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void answers_areCountedByRouteMethodAndStatus() {
    for (int status : new int[] {200, 200, 404}) {
      figures.began();
      figures.ended("/jobs/:job_id", "GET", status, 0);
    }
    figures.began();
    figures.ended("/jobs/:job_id", "DELETE", 204, 0);
    figures.began();
    figures.ended(HttpFigures.UNROUTED, "BREW", 405, 0);
    figures.unreadable(400);

    assertThat(figures.snapshot().answers())
        .containsExactlyInAnyOrder(
            new Answers("/jobs/:job_id", "GET", 200, 2),
            new Answers("/jobs/:job_id", "GET", 404, 1),
            new Answers("/jobs/:job_id", "DELETE", 204, 1),
            new Answers("unrouted", "OTHER", 405, 1),
            new Answers("unreadable", "OTHER", 400, 1));
    assertThat(figures.snapshot().inFlight()).isZero();
  }

  @Test
  void times_fallIntoTheClassWhoseBoundTheyDoNotPass() {
    long[] millis = {0, 1, 2, 60_000, 61_000};
    for (long each : millis) {
      figures.began();
      figures.ended("/jobs/:job_id", "GET", 200, each * 1_000_000);
    }
    Times times = times("/jobs/:job_id");
    List<Double> bounds = HttpFigures.boundsSeconds();
    assertThat(bounds).startsWith(0.001, 0.0025).endsWith(60.0).isSorted();
    assertThat(times.counts()).hasSize(bounds.size() + 1).startsWith(2L, 1L, 0L).endsWith(1L, 1L);
    assertThat(times.sumSeconds()).isEqualTo(121.003);
  }

  @Test
  void route_mustBeOneOfThoseServed() {
    assertThatThrownBy(() -> figures.ended("/jobs/17", "GET", 200, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void requests_areInFlightOrAnswered_whateverRunsMeanwhile() throws Exception {
    int threads = 4;
    int each = 20_000;
    List<Thread> callers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      callers.add(
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  figures.began();
                  figures.ended("/jobs/:job_id", "GET", 200 + i % 3, i);
                }
              }));
    }
    callers.forEach(Thread::start);
    while (callers.stream().anyMatch(Thread::isAlive)) {
      assertThat(figures.snapshot().inFlight()).isNotNegative();
    }
    for (Thread caller : callers) {
      caller.join();
    }
    Snapshot end = figures.snapshot();
    assertThat(end.inFlight()).isZero();
    assertThat(end.answers().stream().mapToLong(Answers::count).sum())
        .isEqualTo((long) threads * each);
    assertThat(times("/jobs/:job_id").count()).isEqualTo((long) threads * each);
  }
}
