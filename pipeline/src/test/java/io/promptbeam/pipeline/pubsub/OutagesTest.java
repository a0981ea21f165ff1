package io.promptbeam.pipeline.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutagesTest {
  private final List<Duration> slept = new ArrayList<>();
  private long nowNanos;
  private final Outages outages =
      new Outages(
          () -> nowNanos,
          time -> {
            slept.add(time);
            nowNanos += time.toNanos();
          });

  /** Fails with the codes in turn, then answers. */
  private static <T> T after(Deque<Status> failures, T answer) {
    Status failure = failures.poll();
    if (failure != null) {
      throw failure.asRuntimeException();
    }
    return answer;
  }

  private static Deque<Status> failing(Status... failures) {
    return new ArrayDeque<>(Arrays.asList(failures));
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
        "INTERNAL",
        "CANCELLED"
      })
  void pull_isEmptyAfterAPause_whenTheServerIsAway(Status.Code code) {
    var failures = failing(code.toStatus());

    assertThat(outages.pull(() -> after(failures, List.of("m")))).isEmpty();
    assertThat(slept).containsExactly(Outages.PULL_PAUSE);
    assertThat(outages.pull(() -> after(failures, List.of("m")))).containsExactly("m");
  }

  @Test
  void everyCall_fails_whenTheSubscriptionIsMissing() {
    assertThatThrownBy(() -> outages.pull(() -> after(failing(Status.NOT_FOUND), List.of())))
        .isInstanceOf(StatusRuntimeException.class);
    assertThatThrownBy(() -> outages.attempt("a", () -> after(failing(Status.NOT_FOUND), 1)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> outages.retry("a", () -> after(failing(Status.NOT_FOUND), 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("NOT_FOUND");
    assertThat(slept).isEmpty();
  }

  @Test
  void attempt_returns_whenTheServerIsAway() throws IOException {
    outages.attempt("acknowledge", () -> after(failing(Status.UNAVAILABLE), 1));

    assertThat(slept).isEmpty();
  }

  @Test
  void retry_answers_whenTheServerComesBack() throws IOException {
    var failures = failing(Status.UNAVAILABLE, Status.INTERNAL);

    assertThat(outages.retry("publish", () -> after(failures, 7))).isEqualTo(7);
    assertThat(slept)
        .containsExactly(Outages.FIRST_RETRY_PAUSE, Outages.FIRST_RETRY_PAUSE.multipliedBy(2));
  }

  @Test
  void retry_givesUp_whenTheServerStaysAway() {
    assertThatThrownBy(() -> outages.retry("publish", () -> after(failing(Status.UNAVAILABLE), 1)))
        .isInstanceOf(IOException.class);
    assertThat(Duration.ofNanos(nowNanos))
        .isBetween(Outages.RETRY_LIMIT, Outages.RETRY_LIMIT.plus(Outages.LONGEST_RETRY_PAUSE));
  }
}
