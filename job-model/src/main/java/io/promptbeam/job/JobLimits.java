package io.promptbeam.job;

import java.time.Instant;
import java.util.Optional;

/**
 * How a job may run.
 *
 * @param tokenEstimate tokens (input and output) the call is expected to use; settled afterwards
 * @param outputTokenEstimate the output's part of it
 * @param deadline no call starts at or after it
 * @param maxAttempts calls at most, 1 or more
 * @param notBefore no call starts before it
 */
public record JobLimits(
    Priority priority,
    long tokenEstimate,
    long outputTokenEstimate,
    Instant deadline,
    int maxAttempts,
    Optional<Instant> notBefore) {
  public JobLimits {
    if (outputTokenEstimate < 0 || tokenEstimate < outputTokenEstimate) {
      throw new IllegalArgumentException("an estimate must not be negative");
    }
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts must be at least 1");
    }
  }

  /** One that may start at once, and whose estimate is input alone. */
  public JobLimits(Priority priority, long tokenEstimate, Instant deadline, int maxAttempts) {
    this(priority, tokenEstimate, 0, deadline, maxAttempts, Optional.empty());
  }

  /** The input's part of the estimate. */
  public long inputTokenEstimate() {
    return tokenEstimate - outputTokenEstimate;
  }
}
