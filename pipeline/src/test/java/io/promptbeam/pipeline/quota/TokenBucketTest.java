package io.promptbeam.pipeline.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBucketTest {
  private static final long SECOND = 1_000_000_000L;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 59, 60, 61, 600, 3_000, 18_000, 60_000})
  void bucket_neverExceedsItsLimitInAnyMinute_andUsesNearlyAllOfIt(long limit) {
    var bucket = TokenBucket.perMinute(limit, 50, 0);
    var lastMinute = new ArrayDeque<Long>();
    var random = new Random(limit);
    long now = 0;
    long taken = 0;
    long end = 10 * 60 * SECOND;
    while (now < end) {
      long wait = bucket.waitNanos(1, now);
      if (wait > 0) {
        // Timers fire late, by up to a few milliseconds.
        now += wait + random.nextInt(3_000_000);
        continue;
      }
      bucket.take(1, now);
      taken++;
      lastMinute.addLast(now);
      while (now - lastMinute.getFirst() >= 60 * SECOND) {
        lastMinute.removeFirst();
      }
      assertThat(lastMinute).hasSizeLessThanOrEqualTo((int) limit);
    }
    assertThat(taken).isGreaterThanOrEqualTo((long) (limit * 10 * 0.98));
  }

  @Test
  void take_ofMoreThanTheBucketHolds_isAllowedWhenFullAndPaidOffAfterwards() {
    var bucket = TokenBucket.perMinute(60_000, 1_000, 0);
    assertThat(bucket.waitNanos(5_000, 0)).isZero();
    bucket.take(5_000, 0);
    long wait = bucket.waitNanos(1_000, 0);
    assertThat(wait).isBetween(5 * SECOND, 6 * SECOND);
    assertThat(bucket.waitNanos(1_000, wait)).isZero();
  }

  @Test
  void giveBack_neverFillsBeyondCapacity() {
    var bucket = TokenBucket.perMinute(60, 1_000, 0);
    bucket.giveBack(1_000, 0);
    bucket.take(1, 0);
    assertThat(bucket.waitNanos(1, 0)).isPositive();
  }

  @Test
  void waitNanos_isUnmoved_whenTimeStandsOrGoesBack() {
    var bucket = TokenBucket.perMinute(60, 1_000, 5 * SECOND);
    bucket.take(1, 5 * SECOND);
    long wait = bucket.waitNanos(1, 5 * SECOND);
    assertThat(bucket.waitNanos(1, 3 * SECOND)).isEqualTo(wait);
    assertThat(bucket.waitNanos(1, 5 * SECOND)).isEqualTo(wait);
  }
}
