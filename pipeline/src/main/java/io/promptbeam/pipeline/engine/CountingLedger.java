package io.promptbeam.pipeline.engine;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.UsageLedger;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Has what a worker's ledger is told of ended jobs in the engine's figures, too: whoever ends jobs
 * tells the one, so that nobody can forget the other.
 *
 * @param figures of the model that a job names
 */
record CountingLedger(UsageLedger ledger, Function<String, EngineFigures.Model> figures)
    implements UsageLedger {
  @Override
  public void recorded(Owner owner, List<CallRecord> calls, boolean reserved) {
    ledger.recorded(owner, calls, reserved);
  }

  @Override
  public void ended(Owner owner, String modelId, JobState state, Instant at) {
    figures.apply(modelId).jobEnded(state);
    ledger.ended(owner, modelId, state, at);
  }

  @Override
  public CompletableFuture<Void> flush() {
    return ledger.flush();
  }
}
