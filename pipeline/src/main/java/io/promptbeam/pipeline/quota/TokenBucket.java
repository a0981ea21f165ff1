package io.promptbeam.pipeline.quota;

/**
 * A token bucket over monotonic time: pure arithmetic, no clock, no waiting. Not thread-safe.
 *
 * <p>A bucket that refills at r a minute and holds c lets at most r + c through in a minute. To
 * keep a limit L in <em>every</em> window of a minute, not only on average, the refill is L - (c -
 * 1): a bucket that holds one is the exactly spaced case. (Source: the generic cell rate algorithm,
 * ITU-T I.371, whose tolerance plays the part of c.)
 */
final class TokenBucket {
  private static final double NANOS_PER_MINUTE = 60e9;

  private final double capacity;
  private final double refillPerNano;
  private double level;
  private long updatedNanos;

  private TokenBucket(double capacity, double refillPerNano, long nowNanos) {
    this.capacity = capacity;
    this.refillPerNano = refillPerNano;
    this.level = capacity;
    this.updatedNanos = nowNanos;
  }

  /**
   * A full bucket that keeps {@code limitPerMinute} in every minute.
   *
   * @param limitPerMinute 1 or more
   * @param burstMillis how much of the limit may go out at once, as time; at least one goes, and
   *     two where that costs less than a hundredth of the limit, to make up for late timers
   */
  static TokenBucket perMinute(long limitPerMinute, long burstMillis, long nowNanos) {
    double least = limitPerMinute > 100 ? 2 : 1;
    double burst = Math.floor((double) limitPerMinute * (burstMillis / 60_000.0));
    double capacity = Math.max(least, burst);
    double refill = (limitPerMinute - (capacity - 1)) / NANOS_PER_MINUTE;
    return new TokenBucket(capacity, refill, nowNanos);
  }

  /** How long until {@code amount} can be taken; 0 when it can be now. */
  long waitNanos(long amount, long nowNanos) {
    refill(nowNanos);
    // More than the bucket holds may go when it is full, and is paid off afterwards.
    double needed = Math.min((double) amount, capacity) - level;
    return needed <= 1e-9 ? 0 : (long) Math.ceil(needed / refillPerNano);
  }

  /** Takes {@code amount}, even below zero: later takers wait for it. */
  void take(long amount, long nowNanos) {
    refill(nowNanos);
    level -= (double) amount;
  }

  /** Gives back what was taken and not used; a negative amount takes what was used beyond. */
  void giveBack(long amount, long nowNanos) {
    refill(nowNanos);
    level = Math.min(capacity, level + (double) amount);
  }

  private void refill(long nowNanos) {
    long elapsed = nowNanos - updatedNanos;
    if (elapsed > 0) {
      level = Math.min(capacity, level + elapsed * refillPerNano);
      updatedNanos = nowNanos;
    }
  }
}
