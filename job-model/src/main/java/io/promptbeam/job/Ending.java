package io.promptbeam.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/**
 * How a job ended.
 *
 * @param costUsd US dollars, from the reported usage and the catalog's prices at that moment
 * @param error absent exactly when the job completed
 */
public record Ending(
    Instant at, Optional<Usage> usage, Optional<BigDecimal> costUsd, Optional<JobError> error) {}
