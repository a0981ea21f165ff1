package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.JobId;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.usage.UsageLedger;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Where a bug can be planted. As it stands, none is. */
interface Plant {
  Plant NONE = new Plant() {};

  /** Asked for by the simulation alone; a publisher that does not answer bounds itself. */
  Duration NO_WAIT_OF_ITS_OWN = Duration.ofDays(1_000);

  /** How a service submits. */
  interface Submitting {
    CompletableFuture<SubmitOutcome> submit(Submission submission);
  }

  default boolean oldCellsCount() {
    return false;
  }

  default JobStore store(JobStore real) {
    return real;
  }

  default Submitting submitting(JobStore store, JobPublisher publisher) {
    return new JobSubmitter(store, publisher, NO_WAIT_OF_ITS_OWN)::submit;
  }

  /** Who is told of the jobs that the sweep ended. */
  default UsageLedger sweepsLedger(UsageLedger real) {
    return real;
  }

  /** Whether the runner lets an item through on its way to a worker. */
  default boolean passes(JobId job, long nowNanos) {
    return true;
  }
}
