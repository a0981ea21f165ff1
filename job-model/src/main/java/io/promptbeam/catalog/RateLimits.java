package io.promptbeam.catalog;

/**
 * What a provider lets all workers together do with one model, or with all models of an account.
 *
 * @param requestsPerMinute 1 or more
 * @param tokensPerMinute input and output together, 1 or more
 * @param inputTokensPerMinute 1 or more
 * @param outputTokensPerMinute 1 or more
 * @param maxInFlight calls at the same time, 1 or more
 */
public record RateLimits(
    long requestsPerMinute,
    long tokensPerMinute,
    long inputTokensPerMinute,
    long outputTokensPerMinute,
    int maxInFlight) {
  /** Stands for no limit, where models.yaml names none. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  /** Stands for no limit of calls in flight. */
  public static final int UNLIMITED_IN_FLIGHT = Integer.MAX_VALUE;

  /** No limit at all. */
  public static final RateLimits NONE =
      new RateLimits(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED_IN_FLIGHT);

  public RateLimits {
    if (requestsPerMinute < 1
        || tokensPerMinute < 1
        || inputTokensPerMinute < 1
        || outputTokensPerMinute < 1
        || maxInFlight < 1) {
      throw new IllegalArgumentException("rate limits must be at least 1");
    }
  }

  /** Where input and output are not limited apart. */
  public RateLimits(long requestsPerMinute, long tokensPerMinute, int maxInFlight) {
    this(requestsPerMinute, tokensPerMinute, UNLIMITED, UNLIMITED, maxInFlight);
  }
}
