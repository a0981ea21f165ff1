package io.promptbeam.pipeline.engine;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: uniform between zero and the exponential bound, which
 * spreads callers better than a jitter around it. (Source: M. Brooker, "Exponential Backoff and
 * Jitter", AWS Architecture Blog, 2015.)
 */
public record Backoff(Duration base, Duration cap) {
  public static final Backoff DEFAULT = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

  /**
   * How long to wait after a failure.
   *
   * @param attempt the one that failed, from 1
   */
  public Duration next(int attempt, RandomGenerator random) {
    int doublings = Math.min(attempt, 30) - 1;
    long bound = Math.min(cap.toNanos(), base.toNanos() * (1L << Math.min(doublings, 20)));
    return Duration.ofNanos(random.nextLong(bound + 1));
  }
}
