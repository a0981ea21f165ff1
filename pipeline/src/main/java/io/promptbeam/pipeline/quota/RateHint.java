package io.promptbeam.pipeline.quota;

import java.time.Duration;

/**
 * What a provider said in its rate-limit headers about one of its limits. A hint: it was true when
 * the answer left, and other callers may have used the same account since.
 *
 * @param limit per window, as the provider counts
 * @param remaining of the limit
 * @param resetAfter until the whole limit is available again; zero where the provider does not say
 */
public record RateHint(Dimension dimension, long limit, long remaining, Duration resetAfter) {
  /** What is counted. */
  public enum Dimension {
    REQUESTS,
    TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS
  }

  /**
   * How long until {@code needed} more may go, if what is used comes back evenly. Zero when it may
   * now.
   */
  public Duration until(long needed) {
    if (remaining >= needed || remaining >= limit) {
      return Duration.ZERO;
    }
    double part = Math.min(1, (double) (needed - remaining) / (double) (limit - remaining));
    return Duration.ofNanos((long) ((double) resetAfter.toNanos() * part));
  }
}
