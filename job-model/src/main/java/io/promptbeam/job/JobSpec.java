package io.promptbeam.job;

import java.time.Instant;
import java.util.Optional;

/**
 * Everything about a job that is fixed at submission, but for the request itself.
 *
 * @param requestHash SHA-256 (hex) of the submission, present when it came with an idempotency key
 */
public record JobSpec(
    JobId id,
    Owner owner,
    String modelId,
    JobLabels labels,
    JobLimits limits,
    Instant createdAt,
    Optional<String> requestHash) {}
