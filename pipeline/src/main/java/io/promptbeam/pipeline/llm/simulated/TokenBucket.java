package io.promptbeam.pipeline.llm.simulated;

/** A limit holding one second of requests, full at the start. Thread-safe. */
final class TokenBucket {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final double NANOS_PER_SECOND = 1e9;

  private final double perNano;
  private final double capacity;
  private double tokens;
  private long refilledNanos;

  TokenBucket(long requestsPerMinute, long nowNanos) {
    double perSecond = requestsPerMinute / SECONDS_PER_MINUTE;
    perNano = perSecond / NANOS_PER_SECOND;
    capacity = Math.max(1, perSecond);
    tokens = capacity;
    refilledNanos = nowNanos;
  }

  /** Takes a token, or says after how many nanoseconds there will be one. 0 means taken. */
  synchronized long tryTake(long nowNanos) {
    long elapsedNanos = Math.max(0, nowNanos - refilledNanos);
    refilledNanos += elapsedNanos;
    tokens = Math.min(capacity, tokens + elapsedNanos * perNano);
    if (tokens >= 1) {
      tokens -= 1;
      return 0;
    }
    return Math.max(1, (long) Math.ceil((1 - tokens) / perNano));
  }
}
