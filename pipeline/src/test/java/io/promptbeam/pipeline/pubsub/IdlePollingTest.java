package io.promptbeam.pipeline.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdlePollingTest {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private long nowNanos = 1_000;
  private int polls;
  private List<String> answer = List.of();
  private final IdlePolling polling = new IdlePolling(() -> nowNanos, nanos -> nowNanos += nanos);

  @Test
  void poll_isImmediate_whenLastOneFoundSomething() {
    answer = List.of("a");
    poll(true);

    assertThat(poll(true)).containsExactly("a");
    assertThat(polls).isEqualTo(2);
    assertThat(nowNanos).isEqualTo(1_000);
  }

  @Test
  void poll_waitsForTheRestOfThePause_whenLastOneWasEmpty() {
    poll(true);
    nowNanos += Duration.ofMillis(4).toNanos();
    answer = List.of("a");

    assertThat(poll(true)).containsExactly("a");
    assertThat(nowNanos).isEqualTo(1_000 + PAUSE.toNanos());
  }

  @Test
  void poll_isSkipped_whenCallerMayNotWait() {
    poll(true);
    answer = List.of("a");

    assertThat(poll(false)).isEmpty();
    assertThat(polls).isEqualTo(1);
    assertThat(nowNanos).isEqualTo(1_000);
  }

  @Test
  void poll_isSkipped_whenAnotherFoundNothingDuringTheWait() {
    IdlePolling[] shared = new IdlePolling[1];
    shared[0] =
        new IdlePolling(
            () -> nowNanos,
            nanos -> {
              nowNanos += nanos;
              shared[0].poll(PAUSE, true, this::answer);
            });
    shared[0].poll(PAUSE, true, this::answer);

    assertThat(shared[0].poll(PAUSE, true, this::answer)).isEmpty();
    assertThat(polls).isEqualTo(2);
  }

  private List<String> poll(boolean mayWait) {
    return polling.poll(PAUSE, mayWait, this::answer);
  }

  private List<String> answer() {
    polls++;
    return answer;
  }
}
