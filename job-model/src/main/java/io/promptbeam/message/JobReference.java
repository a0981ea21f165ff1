package io.promptbeam.message;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.Optional;

/**
 * What a message says of a job: enough to queue it, nothing of its content.
 *
 * @param tokenEstimate tokens the call is expected to use
 * @param outputTokenEstimate the output's part of it
 * @param dispatchSequence 0 for the first publication of the job, counted up by every later one
 * @param traceparent W3C trace context of what sent it, or of the submission; anybody who may
 *     publish may write anything there
 */
public record JobReference(
    JobId jobId,
    Owner owner,
    String modelId,
    Priority priority,
    long tokenEstimate,
    long outputTokenEstimate,
    int dispatchSequence,
    Optional<String> traceparent) {
  /** One whose estimate is input alone. */
  public JobReference(
      JobId jobId,
      Owner owner,
      String modelId,
      Priority priority,
      long tokenEstimate,
      int dispatchSequence,
      Optional<String> traceparent) {
    this(jobId, owner, modelId, priority, tokenEstimate, 0, dispatchSequence, traceparent);
  }

  /** The first reference to a job. */
  public static JobReference to(JobSpec spec) {
    return new JobReference(
        spec.id(),
        spec.owner(),
        spec.modelId(),
        spec.limits().priority(),
        spec.limits().tokenEstimate(),
        spec.limits().outputTokenEstimate(),
        0,
        spec.traceparent());
  }

  /** The same, sent by what {@code context} names. */
  public JobReference withTraceparent(Optional<String> context) {
    return new JobReference(
        jobId,
        owner,
        modelId,
        priority,
        tokenEstimate,
        outputTokenEstimate,
        dispatchSequence,
        context);
  }
}
