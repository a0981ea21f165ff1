package io.promptbeam.pipeline.llm.simulated;

/** A limit holding one second of requests or tokens, full at the start. Thread-safe. */
final class TokenBucket {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final double NANOS_PER_SECOND = 1e9;

  private final double perNano;
  private final double capacity;
  private double tokens;
  private long refilledNanos;

  TokenBucket(long limitPerMinute, long nowNanos) {
    double perSecond = limitPerMinute / SECONDS_PER_MINUTE;
    perNano = perSecond / NANOS_PER_SECOND;
    capacity = Math.max(1, perSecond);
    tokens = capacity;
    refilledNanos = nowNanos;
  }

  /**
   * Takes {@code amount}, or says after how many nanoseconds it will be there. 0 means taken. More
   * than a second's worth is there when the bucket is full, and is paid off afterwards.
   */
  synchronized long tryTake(long amount, long nowNanos) {
    long elapsedNanos = Math.max(0, nowNanos - refilledNanos);
    refilledNanos += elapsedNanos;
    tokens = Math.min(capacity, tokens + elapsedNanos * perNano);
    double needed = Math.min(capacity, (double) amount);
    if (tokens >= needed) {
      tokens -= (double) amount;
      return 0;
    }
    return Math.max(1, (long) Math.ceil((needed - tokens) / perNano));
  }
}
