package io.promptbeam.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/**
 * How a job ended.
 *
 * @param usage of all calls, as far as reported
 * @param costUsd US dollars of all calls, from their usage and the catalog's prices at that moment
 * @param error absent exactly when the job completed
 * @param cached present when it completed without a call of its own that answered
 */
public record Ending(
    Instant at,
    Optional<Usage> usage,
    Optional<BigDecimal> costUsd,
    Optional<JobError> error,
    Optional<CachedAnswer> cached) {
  /** Of a job that was called, or failed. */
  public Ending(
      Instant at, Optional<Usage> usage, Optional<BigDecimal> costUsd, Optional<JobError> error) {
    this(at, usage, costUsd, error, Optional.empty());
  }
}
