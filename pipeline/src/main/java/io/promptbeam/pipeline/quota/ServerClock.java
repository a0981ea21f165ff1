package io.promptbeam.pipeline.quota;

/**
 * The store's time as this worker knows it: between two bounds, from the timestamps of requests
 * that were sent before and answered after. What may begin is judged by the lower bound, what is
 * too late by the upper one, so that clocks of machines need not agree. Not thread-safe.
 */
final class ServerClock {
  /** Of stamps, which are rounded down. */
  private static final long GRAIN_NANOS = 1_000_000;

  /** Clocks drift apart: bounds older than two of these are forgotten. */
  private static final long WINDOW_NANOS = 10_000_000_000L;

  private boolean known;
  private long windowSinceNanos;
  private long lower;
  private long upper;
  private long lowerBefore;
  private long upperBefore;

  void answered(long sentNanos, long receivedNanos, long serverMicros) {
    long stamp = serverMicros * 1_000;
    long low = stamp - receivedNanos;
    long high = stamp + GRAIN_NANOS - sentNanos;
    if (!known || low > upperOffset() || high < lowerOffset()) {
      // The first one, or the store's time has jumped, perhaps with its server.
      known = true;
      windowSinceNanos = receivedNanos;
      lower = low;
      lowerBefore = low;
      upper = high;
      upperBefore = high;
      return;
    }
    if (receivedNanos - windowSinceNanos > WINDOW_NANOS) {
      windowSinceNanos = receivedNanos;
      lowerBefore = lower;
      upperBefore = upper;
      lower = low;
      upper = high;
    }
    lower = Math.max(lower, low);
    upper = Math.min(upper, high);
  }

  /** No later than the store's time at {@code nanos}; microseconds since the epoch. */
  long earliestMicros(long nanos) {
    return Math.floorDiv(nanos + lowerOffset(), 1_000L);
  }

  /** No earlier than the store's time at {@code nanos}. */
  long latestMicros(long nanos) {
    return Math.floorDiv(nanos + upperOffset(), 1_000L) + 1;
  }

  private long lowerOffset() {
    return Math.max(lower, lowerBefore);
  }

  private long upperOffset() {
    return Math.min(upper, upperBefore);
  }
}
