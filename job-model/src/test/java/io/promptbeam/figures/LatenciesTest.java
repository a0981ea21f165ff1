package io.promptbeam.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  private static Latencies of(Duration... durations) {
    Histogram histogram = new Histogram();
    Arrays.stream(durations).forEach(duration -> histogram.add(duration.toNanos()));
    return histogram.snapshot();
  }

  @Test
  void percentile_isEmpty_whenNothingWasCounted() {
    assertThat(Latencies.NONE.percentile(0.5)).isEmpty();
  }

  @Test
  void bounds_ascendByLessThanHalf_fromFiveMillisecondsToTenMinutes() {
    double[] bounds = Latencies.boundsSeconds();
    assertThat(bounds[0]).isEqualTo(0.005);
    assertThat(bounds[bounds.length - 1]).isEqualTo(600);
    IntStream.range(1, bounds.length)
        .forEach(i -> assertThat(bounds[i] / bounds[i - 1]).isBetween(1.25, 1.51));
  }

  @Test
  void bound_isOfItsBucket_andWhatIsLongerOfTheNext() {
    Latencies counted =
        of(Duration.ofMillis(10), Duration.ofMillis(10).plusNanos(1), Duration.ofHours(1));
    assertThat(counted.counts()[2]).as("up to 10 ms").isEqualTo(1);
    assertThat(counted.counts()[3]).as("up to 15 ms").isEqualTo(1);
    assertThat(counted.counts()[Latencies.BUCKETS - 1]).as("over 10 min").isEqualTo(1);
    assertThat(counted.count()).isEqualTo(3);
    assertThat(counted.percentile(1)).contains(Duration.ofMinutes(10));
  }

  @Test
  void percentiles_areNearTheTrueOnes_whateverTheDurations() {
    Random random = new Random(7);
    List<Long> all = new ArrayList<>();
    Histogram histogram = new Histogram();
    for (int i = 0; i < 10_000; i++) {
      long nanos = (long) (Math.exp(random.nextGaussian() * 1.2) * 8e8);
      all.add(nanos);
      histogram.add(nanos);
    }
    Collections.sort(all);
    Latencies counted = histogram.snapshot();
    for (double share : new double[] {0.01, 0.5, 0.9, 0.95, 0.99}) {
      double truth = all.get((int) (share * all.size())).doubleValue();
      assertThat((double) counted.percentile(share).orElseThrow().toNanos() / truth)
          .as("percentile %s", share)
          .isCloseTo(1, within(0.15));
    }
    assertThat(counted.sumNanos()).isEqualTo(all.stream().mapToLong(n -> n).sum());
  }

  @Test
  void minus_undoesPlus_andReadsBackFromItsCounts() {
    Latencies a = of(Duration.ofMillis(20), Duration.ofSeconds(3));
    Latencies b = of(Duration.ofSeconds(3), Duration.ofHours(2));
    assertThat(a.plus(b).minus(a)).isEqualTo(b).hasSameHashCodeAs(b);
    assertThat(Latencies.of(b.counts(), b.sumNanos())).isEqualTo(b);
    assertThat(a.plus(b)).isNotEqualTo(a).isEqualTo(b.plus(a));
  }

  @Test
  void counts_areRefused_whenTheyCannotHaveBeenTold() {
    assertThatThrownBy(() -> Latencies.of(new long[3], 0))
        .isInstanceOf(IllegalArgumentException.class);
    long[] negative = new long[Latencies.BUCKETS];
    negative[1] = -1;
    assertThatThrownBy(() -> Latencies.of(negative, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothingIsLost_whenManyThreadsCount() throws Exception {
    Histogram histogram = new Histogram();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Void> counting =
          () -> {
            for (int i = 0; i < 10_000; i++) {
              histogram.add(i * 1_000L);
            }
            return null;
          };
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(4, counting))) {
        done.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(histogram.snapshot().count()).isEqualTo(40_000);
    assertThat(histogram.snapshot().sumNanos()).isEqualTo(4L * 1_000 * (9_999L * 10_000 / 2));
  }
}
