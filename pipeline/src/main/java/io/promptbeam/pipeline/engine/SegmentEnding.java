package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Notes the ends of segments and batches. Whoever sees that all of one has ended may say so, and
 * several may at once. Thread-safe, never blocks; futures fail as the store's.
 */
public final class SegmentEnding {
  private final JobStore store;
  private final EndedNotices notices;
  private final Clock clock;

  public SegmentEnding(JobStore store, EndedNotices notices, Clock clock) {
    this.store = store;
    this.notices = notices;
    this.clock = clock;
  }

  /** Ends the segment if all of its lines have ended. That may have ended the batch. */
  public CompletableFuture<Void> segment(BatchId batch, int segment) {
    BatchStore batches = store.batches();
    return batches
        .progress(batch, segment)
        .thenCompose(
            found ->
                found.filter(known -> known.open().contains(segment)).isPresent()
                    ? batches
                        .tally(batch, segment)
                        .thenCompose(tally -> finish(found.get(), segment, tally))
                    : CompletableFuture.completedFuture(null));
  }

  private CompletableFuture<Void> finish(BatchProgress known, int segment, SegmentTally tally) {
    if (tally.ended() < known.linesOf(segment)) {
      return CompletableFuture.completedFuture(null);
    }
    return store.batches().finish(known.batch().spec().id(), segment, tally);
  }

  /** Ends the batch if all of it has ended: reads every segment's column. */
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
        .thenCompose(
            (Optional<String> version) -> {
              if (version.isEmpty()) {
                // Somebody else has ended it.
                return CompletableFuture.<Void>completedFuture(null);
              }
              Batch batch = all.batch();
              return notices.ended(new Batch(batch.spec(), ended, batch.cut(), version.get()));
            });
  }
}
