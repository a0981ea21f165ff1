package io.promptbeam.submit;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;

/** What became of a submission. */
public sealed interface SubmitOutcome {
  /**
   * The job is durable.
   *
   * @param job as it stands now, without request and result
   * @param replayed it was there before, under the same idempotency key and with the same content
   */
  record Accepted(Job job, boolean replayed) implements SubmitOutcome {}

  /** Another submission used the idempotency key before; nothing was stored. */
  record IdempotencyConflict(JobId jobId) implements SubmitOutcome {}
}
