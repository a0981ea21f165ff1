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
              3,
              4,
              Duration.ofSeconds(10),
              8,
              Duration.ofSeconds(20),
              Duration.ofSeconds(1),
              Duration.ofSeconds(8)),
          new Random(5));
  private long now = 100 * SECOND;

  /** Draws a job and calls. */
  private void start() {
    var unused = breaker.started(breaker.drawn(), now);
  }

  private void start(int calls) {
    for (int i = 0; i < calls; i++) {
      start();
    }
  }

  private void fail(int calls) {
    for (int i = 0; i < calls; i++) {
      start();
      breaker.failed(now);
    }
  }

  private boolean answer(long tookNanos) {
    start();
    return breaker.answered(tookNanos, now);
  }

  private void untilProbe() {
    now += breaker.waitNanos(now);
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void opens_afterFailuresInARow_andOnlyThen() {
    fail(2);
    answer(CALL);
    fail(2);
    start();
    breaker.refused(now);
    fail(2);
    assertThat(breaker.waitNanos(now)).isZero();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.waitNanos(now)).isBetween(3 * SECOND / 4, SECOND);
  }

  @Test
  void probes_getRarer_andTheFirstAnswerCloses() {
    fail(3);
    long[] atMost = {2, 4, 8, 8, 8};
    for (long seconds : atMost) {
      untilProbe();
      start();
      assertThat(breaker.waitNanos(now)).isBetween(seconds * SECOND * 3 / 4, seconds * SECOND);
      breaker.failed(now);
    }
    untilProbe();
    assertThat(answer(CALL)).as("closed it").isTrue();
    assertThat(breaker.waitNanos(now)).isZero();
    assertThat(answer(CALL)).as("was closed").isFalse();
    fail(3);
    assertThat(breaker.waitNanos(now)).as("begins anew").isLessThanOrEqualTo(SECOND);
  }

  @Test
  void jobThatIsNotCalled_leavesTheProbeToTheNext() {
    fail(3);
    untilProbe();
    for (int i = 0; i < 1_000; i++) {
      assertThat(breaker.drawn()).isTrue();
      assertThat(breaker.waitNanos(now)).isEqualTo(CircuitBreaker.UNTIL_REPORT);
      assertThat(breaker.notCalled(true)).as("look again").isTrue();
      assertThat(breaker.waitNanos(now)).isZero();
    }
    assertThat(breaker.notCalled(false)).isFalse();
    assertThat(answer(CALL)).isTrue();
  }

  @Test
  void probeThatHangs_isLimited_andDoesNotKeepTheNextFromGoingOut() {
    answer(CALL);
    fail(3);
    untilProbe();
    assertThat(breaker.started(breaker.drawn(), now)).contains(Duration.ofSeconds(20));
    now += 8 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void probe_isGivenAllTheTimeThereIs_whenNobodyKnowsHowLongCallsTake() {
    start();
    breaker.refused(now);
    fail(3);
    untilProbe();
    assertThat(breaker.started(breaker.drawn(), now)).isEmpty();
  }

  @Test
  void callsDrawnBeforeItOpened_areNoProbes() {
    answer(CALL);
    boolean probe = breaker.drawn();
    fail(3);
    assertThat(probe).isFalse();
    assertThat(breaker.started(probe, now)).isEmpty();
    assertThat(breaker.waitNanos(now)).as("the first probe is not put off").isLessThan(SECOND);
  }

  @Test
  void opens_whenManyCallsHang_longerThanCallsUsuallyTake() {
    start(4);
    now += 3_600 * SECOND;
    assertThat(breaker.waitNanos(now)).as("nobody knows how long calls take").isZero();
    breaker.answered(CALL, now);
    start();
    now += 10 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
    now += 1;
    assertThat(breaker.waitNanos(now)).isPositive();
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void staysClosed_whenFewCallsHang_orManyBeginAfterAnIdleTime() {
    answer(CALL);
    start(3);
    now += 3_600 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
    start();
    now += 10 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void jobsThatAreOnlyDrawn_areNotTakenForHangingCalls() {
    answer(CALL);
    for (int i = 0; i < 100; i++) {
      assertThat(breaker.drawn()).isFalse();
    }
    now += 3_600 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void slowCalls_areNotTakenForHanging() {
    for (int i = 0; i < 200; i++) {
      answer(60 * SECOND);
    }
    start(4);
    now += 300 * SECOND;
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void callsThatTellNothing_changeNothing() {
    fail(2);
    start();
    breaker.givenUp();
    assertThat(breaker.isOpen()).isFalse();
    fail(1);
    untilProbe();
    start();
    breaker.givenUp();
    assertThat(breaker.isOpen()).isTrue();
  }
}
