package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Job;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.JobStore;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Notes the ends of segments and batches. Whoever sees that all of one has ended may say so, and
 * several may at once. Thread-safe, never blocks; futures fail as the store's.
 */
public final class SegmentEnding {
  private final JobStore store;
  private final Clock clock;

  public SegmentEnding(JobStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Ends the segment if all of its lines have ended, and then the batch, if that was the last. */
  public CompletableFuture<Void> segment(BatchId batch, int segment) {
    BatchStore batches = store.batches();
    return batches
        .progress(batch)
        .thenCompose(
            found -> {
              if (found.isEmpty()) {
                // Nothing may be written of a batch that was deleted.
                return CompletableFuture.completedFuture(null);
              }
              BatchProgress known = found.get();
              if (known.isUntouched(segment) || known.done().containsKey(segment)) {
                return batch(batch);
              }
              return batches
                  .lines(batch, segment, Set.of())
                  .thenCompose(lines -> finish(known, segment, lines));
            });
  }

  private CompletableFuture<Void> finish(BatchProgress known, int segment, List<Job> lines) {
    SegmentTally tally = SegmentTally.NONE;
    for (Job line : lines) {
      tally = tally.plus(line);
    }
    if (lines.isEmpty() || tally.ended() < known.linesOf(segment)) {
      return CompletableFuture.completedFuture(null);
    }
    BatchId batch = known.batch().spec().id();
    return store.batches().finish(batch, segment, tally).thenCompose(done -> batch(batch));
  }

  /** Ends the batch if all of it has ended. */
  public CompletableFuture<Void> batch(BatchId id) {
    return store
        .batches()
        .progress(id)
        .thenCompose(
            found ->
                found
                    .filter(p -> p.batch().run().status() == BatchStatus.IN_PROGRESS)
                    .filter(BatchProgress::isAllEnded)
                    .map(this::end)
                    .orElseGet(() -> CompletableFuture.completedFuture(null)));
  }

  private CompletableFuture<Void> end(BatchProgress all) {
    var ended = all.batch().run().ended(all.batch().cut(), all.total(List.of()), clock.instant());
    return store
        .batches()
        .compareAndSet(all.batch(), ended)
        // Empty: somebody else has ended it.
        .thenAccept((Optional<String> version) -> {});
  }
}
