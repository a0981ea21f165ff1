package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long CALL = SECOND / 2;

  private final CircuitBreaker breaker =
      new CircuitBreaker(
          new CircuitBreaker.Settings(
              3, 4, Duration.ofSeconds(10), 8, Duration.ofSeconds(1), Duration.ofSeconds(8)),
          new Random(5));
  private long now = 100 * SECOND;

  private void fail(int calls) {
    for (int i = 0; i < calls; i++) {
      breaker.started(now);
      breaker.failed(now);
    }
  }

  private void answer() {
    breaker.started(now);
    breaker.answered(CALL, now);
  }

  @Test
  void opens_afterFailuresInARow_andOnlyThen() {
    fail(2);
    answer();
    fail(2);
    assertThat(breaker.waitNanos(now)).isZero();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.waitNanos(now)).isBetween(3 * SECOND / 4, SECOND);
  }

  @Test
  void probes_getRarer_andTheFirstAnswerCloses() {
    fail(3);
    long[] atLeast = {2, 4, 8, 8, 8};
    for (long seconds : atLeast) {
      now += breaker.waitNanos(now);
      breaker.started(now);
      assertThat(breaker.waitNanos(now)).isBetween(seconds * SECOND * 3 / 4, seconds * SECOND);
      breaker.failed(now);
    }
    now += breaker.waitNanos(now);
    breaker.started(now);
    assertThat(breaker.answered(CALL, now)).as("closed it").isTrue();
    assertThat(breaker.waitNanos(now)).isZero();
    assertThat(breaker.answered(CALL, now)).as("was closed").isFalse();
    fail(3);
    assertThat(breaker.waitNanos(now)).as("begins anew").isLessThanOrEqualTo(SECOND);
  }

  @Test
  void probeThatHangs_doesNotKeepTheNextFromGoingOut() {
    fail(3);
    now += breaker.waitNanos(now);
    breaker.started(now);
    assertThat(breaker.probeLimit()).contains(Duration.ofSeconds(10));
    now += 8 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void opens_whenManyCallsHang_longerThanCallsUsuallyTake() {
    for (int i = 0; i < 4; i++) {
      breaker.started(now);
    }
    now += 3_600 * SECOND;
    assertThat(breaker.waitNanos(now)).as("nobody knows how long calls take").isZero();
    breaker.answered(CALL, now);
    breaker.started(now);
    now += 10 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
    now += 1;
    assertThat(breaker.waitNanos(now)).isPositive();
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void staysClosed_whenFewCallsHang_orManyBeginAfterAnIdleTime() {
    answer();
    breaker.started(now);
    breaker.started(now);
    breaker.started(now);
    now += 3_600 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
    breaker.started(now);
    now += 10 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void slowCalls_areNotTakenForHanging() {
    for (int i = 0; i < 200; i++) {
      breaker.started(now);
      breaker.answered(60 * SECOND, now);
    }
    for (int i = 0; i < 4; i++) {
      breaker.started(now);
    }
    now += 300 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void callsThatTellNothing_changeNothing() {
    fail(2);
    breaker.started(now);
    breaker.nothing();
    assertThat(breaker.isOpen()).isFalse();
    fail(1);
    breaker.started(now);
    breaker.nothing();
    assertThat(breaker.isOpen()).isTrue();
  }
}
