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
 */
public record Ending(
    Instant at, Optional<Usage> usage, Optional<BigDecimal> costUsd, Optional<JobError> error) {}
