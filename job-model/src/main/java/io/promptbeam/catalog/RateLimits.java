package io.promptbeam.catalog;

/**
 * What the provider lets all workers together do with one model.
 *
 * @param requestsPerMinute 1 or more
 * @param tokensPerMinute input and output together, 1 or more
 * @param maxInFlight calls at the same time, 1 or more
 */
public record RateLimits(long requestsPerMinute, long tokensPerMinute, int maxInFlight) {
  /** Stands for no limit, where models.yaml names none. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  public RateLimits {
    if (requestsPerMinute < 1 || tokensPerMinute < 1 || maxInFlight < 1) {
      throw new IllegalArgumentException("rate limits must be at least 1");
    }
  }
}
