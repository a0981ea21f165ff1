package io.promptbeam.job;

import java.time.Instant;

/**
 * How a job may run.
 *
 * @param tokenEstimate tokens (input and output) the call is expected to use; settled afterwards
 * @param deadline no call starts at or after it
 * @param maxAttempts calls at most, 1 or more
 */
public record JobLimits(Priority priority, long tokenEstimate, Instant deadline, int maxAttempts) {
  public JobLimits {
    if (tokenEstimate < 0) {
      throw new IllegalArgumentException("tokenEstimate must not be negative");
    }
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts must be at least 1");
    }
  }
}
