package io.promptbeam.pipeline.llm.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void tryTake_givesOneSecondAtOnce_thenTheRate() {
    var bucket = new TokenBucket(600, 0);
    int taken = 0;
    while (bucket.tryTake(1, 0) == 0) {
      taken++;
    }
    assertThat(taken).isEqualTo(10);

    for (long now = SECOND; now <= 60 * SECOND; now += 1_000_000) {
      taken += bucket.tryTake(1, now) == 0 ? 1 : 0;
    }
    assertThat(taken).isBetween(609, 610);
  }

  @Test
  void tryTake_saysWhenThereWillBeAToken() {
    var bucket = new TokenBucket(6, 0);
    assertThat(bucket.tryTake(1, 0)).isZero();

    long waitNanos = bucket.tryTake(1, SECOND);

    assertThat(waitNanos).isBetween(9 * SECOND, 9 * SECOND + 10);
    assertThat(bucket.tryTake(1, SECOND + waitNanos)).isZero();
  }

  @Test
  void tryTake_isNotFooled_whenTheClockGoesBack() {
    var bucket = new TokenBucket(60, 100 * SECOND);
    assertThat(bucket.tryTake(1, 100 * SECOND)).isZero();

    assertThat(bucket.tryTake(1, 0)).isPositive();
    assertThat(bucket.tryTake(1, 100 * SECOND)).isPositive();
    assertThat(bucket.tryTake(1, 101 * SECOND)).isZero();
  }

  @Test
  void tryTake_letsMoreThanASecondsWorthThrough_whenFull_andHasItPaidOff() {
    var bucket = new TokenBucket(60 * 100, 0);
    assertThat(bucket.tryTake(250, 0)).isZero();
    assertThat(bucket.tryTake(1, 0)).isPositive();
    assertThat(bucket.tryTake(1, SECOND + SECOND / 2)).isPositive();
    assertThat(bucket.tryTake(1, SECOND + SECOND / 2 + SECOND / 50)).isZero();
  }
}
