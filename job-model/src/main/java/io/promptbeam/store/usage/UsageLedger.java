package io.promptbeam.store.usage;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Hears what was written into job rows, and counts it. Thread-safe; never blocks or throws. */
public interface UsageLedger {
  /** Counts nothing. */
  UsageLedger NONE =
      new UsageLedger() {
        @Override
        public void recorded(Owner owner, List<CallRecord> calls, boolean reserved) {}

        @Override
        public void ended(Owner owner, String modelId, JobState state, Instant at) {}

        @Override
        public CompletableFuture<Void> flush() {
          return CompletableFuture.completedFuture(null);
        }
      };

  /**
   * These calls stand in a job's row now.
   *
   * @param reserved whether their cost was taken out of the owner's budget before
   */
  void recorded(Owner owner, List<CallRecord> calls, boolean reserved);

  /** A job ended, said once by whoever recorded it. */
  void ended(Owner owner, String modelId, JobState state, Instant at);

  /** Completes, never with a failure, once all that was heard is written, or cannot be now. */
  CompletableFuture<Void> flush();
}
