package io.promptbeam.store;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * What owners have submitted and have waiting, counted by all processes together. Each change is
 * one atomic operation on the owner's row. Only owners with a limit are counted. Thread-safe, never
 * blocks; futures fail with {@link StoreUnavailableException}, and then a change may have been made
 * or not: {@link #recounting} is what keeps the counts from drifting for ever.
 */
public interface OwnerCounters {
  /**
   * An owner's counts.
   *
   * @param waiting jobs that have not ended; may be off until the next recount
   * @param submits in the minute that was asked for
   * @param recountedAt the epoch when nobody ever counted
   */
  record Counts(long waiting, long submits, Instant recountedAt) {}

  /**
   * Changes both counts.
   *
   * @param minute of the epoch, which {@code submits} fall into
   */
  CompletableFuture<Counts> add(Owner owner, long waiting, long submits, long minute);

  /**
   * Announces a recount, so that not everybody counts.
   *
   * @return false when somebody else has announced one since {@code seen}
   */
  CompletableFuture<Boolean> recounting(Owner owner, Instant seen, Instant now);

  /** For stores without counters: nothing is ever counted. */
  OwnerCounters NONE =
      new OwnerCounters() {
        @Override
        public CompletableFuture<Counts> add(Owner owner, long waiting, long submits, long minute) {
          return CompletableFuture.completedFuture(new Counts(0, 0, Instant.MAX));
        }

        @Override
        public CompletableFuture<Boolean> recounting(Owner owner, Instant seen, Instant now) {
          return CompletableFuture.completedFuture(false);
        }
      };
}
