package io.promptbeam.job;

import java.time.Instant;
import java.util.Optional;

/**
 * Everything about a job that is fixed at submission, but for the request itself.
 *
 * @param requestHash SHA-256 (hex) of the submission, present when it came with an idempotency key
 * @param retryOf the job that did not complete and that this one repeats
 * @param options what was asked for beside the call
 * @param traceparent W3C trace context of the submission, where that was traced
 */
public record JobSpec(
    JobId id,
    Owner owner,
    String modelId,
    JobLabels labels,
    JobLimits limits,
    Instant createdAt,
    Optional<String> requestHash,
    Optional<JobId> retryOf,
    JobOptions options,
    Optional<String> traceparent) {
  /** One that is not traced. */
  public JobSpec(
      JobId id,
      Owner owner,
      String modelId,
      JobLabels labels,
      JobLimits limits,
      Instant createdAt,
      Optional<String> requestHash,
      Optional<JobId> retryOf,
      JobOptions options) {
    this(
        id,
        owner,
        modelId,
        labels,
        limits,
        createdAt,
        requestHash,
        retryOf,
        options,
        Optional.empty());
  }

  /** One that asks for nothing beside its call. */
  public JobSpec(
      JobId id,
      Owner owner,
      String modelId,
      JobLabels labels,
      JobLimits limits,
      Instant createdAt,
      Optional<String> requestHash,
      Optional<JobId> retryOf) {
    this(id, owner, modelId, labels, limits, createdAt, requestHash, retryOf, JobOptions.NONE);
  }

  /** One that also repeats none. */
  public JobSpec(
      JobId id,
      Owner owner,
      String modelId,
      JobLabels labels,
      JobLimits limits,
      Instant createdAt,
      Optional<String> requestHash) {
    this(id, owner, modelId, labels, limits, createdAt, requestHash, Optional.empty());
  }

  /** The same, submitted by what {@code context} names. */
  public JobSpec withTraceparent(Optional<String> context) {
    return new JobSpec(
        id, owner, modelId, labels, limits, createdAt, requestHash, retryOf, options, context);
  }
}
