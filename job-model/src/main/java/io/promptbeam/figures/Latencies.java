package io.promptbeam.figures;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * How many durations fell into each bucket. Buckets are the same everywhere and for ever, so that
 * what different workers counted, or one worker at different times, can be added and subtracted.
 * Immutable.
 */
public final class Latencies {
  /** Six steps a decade: a percentile is off by less than half of what it says. */
  private static final double[] BOUNDS_SECONDS = {
    0.005, 0.0068, 0.01, 0.015, 0.022, 0.033, 0.047, 0.068, 0.1, 0.15, 0.22, 0.33, 0.47, 0.68, 1,
    1.5, 2.2, 3.3, 4.7, 6.8, 10, 15, 22, 33, 47, 68, 100, 150, 220, 330, 470, 600
  };

  private static final long[] BOUNDS_NANOS =
      DoubleStream.of(BOUNDS_SECONDS).mapToLong(s -> Math.round(s * 1e9)).toArray();

  /** One more than there are bounds: the last one has no upper bound. */
  public static final int BUCKETS = BOUNDS_NANOS.length + 1;

  public static final Latencies NONE = new Latencies(new long[BUCKETS], 0);

  private final long[] counts;
  private final long sumNanos;

  Latencies(long[] counts, long sumNanos) {
    this.counts = counts;
    this.sumNanos = sumNanos;
  }

  /**
   * What {@link #counts} and {@link #sumNanos} told.
   *
   * @throws IllegalArgumentException if it cannot have been told by this class
   */
  public static Latencies of(long[] counts, long sumNanos) {
    if (counts.length != BUCKETS || sumNanos < 0 || Arrays.stream(counts).anyMatch(n -> n < 0)) {
      throw new IllegalArgumentException(BUCKETS + " counts and a sum are needed, none below 0");
    }
    return new Latencies(counts.clone(), sumNanos);
  }

  /** Upper bounds in seconds, inclusive, of all buckets but the last. */
  public static double[] boundsSeconds() {
    return BOUNDS_SECONDS.clone();
  }

  static int bucketOf(long nanos) {
    int found = Arrays.binarySearch(BOUNDS_NANOS, nanos);
    return found >= 0 ? found : -found - 1;
  }

  /** How many durations fell into each bucket, and into none before it. */
  public long[] counts() {
    return counts.clone();
  }

  public long count() {
    return Arrays.stream(counts).sum();
  }

  public long sumNanos() {
    return sumNanos;
  }

  public Latencies plus(Latencies other) {
    long[] sum = new long[BUCKETS];
    Arrays.setAll(sum, i -> counts[i] + other.counts[i]);
    return new Latencies(sum, sumNanos + other.sumNanos);
  }

  /** What has come since {@code earlier} was read from the same histogram. */
  public Latencies minus(Latencies earlier) {
    long[] rest = new long[BUCKETS];
    Arrays.setAll(rest, i -> Math.max(0, counts[i] - earlier.counts[i]));
    return new Latencies(rest, Math.max(0, sumNanos - earlier.sumNanos));
  }

  /**
   * What that share of durations did not exceed, as if those of a bucket were spread evenly over
   * it; beyond the last bound, that bound. Empty when there are none.
   *
   * @param share above 0, at most 1
   */
  public Optional<Duration> percentile(double share) {
    long all = count();
    if (all == 0) {
      return Optional.empty();
    }
    double rank = share * all;
    long before = 0;
    for (int i = 0; i < BOUNDS_NANOS.length; i++) {
      if (counts[i] > 0 && before + counts[i] >= rank) {
        long from = i == 0 ? 0 : BOUNDS_NANOS[i - 1];
        double part = Math.max(0, rank - before) / counts[i];
        return Optional.of(Duration.ofNanos(from + Math.round(part * (BOUNDS_NANOS[i] - from))));
      }
      before += counts[i];
    }
    return Optional.of(Duration.ofNanos(BOUNDS_NANOS[BOUNDS_NANOS.length - 1]));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Latencies that
        && sumNanos == that.sumNanos
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts) * 31 + Long.hashCode(sumNanos);
  }

  @Override
  public String toString() {
    return count() + " durations, " + Duration.ofNanos(sumNanos) + " in all";
  }
}
