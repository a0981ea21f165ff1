package io.promptbeam.api.batches;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.promptbeam.api.http.Caller;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.store.BatchStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Reads batches for their owners and admins; for anybody else they do not exist. A poll costs one
 * row, and the rows of the few segments that are being worked on, which are counted a few times a
 * second at most, however many poll. Thread-safe, never blocks.
 */
public final class BatchReader {
  /** Counts that are older are renewed, for the next poll. */
  private static final Duration RENEWED_AFTER = Duration.ofMillis(250);

  /** Nobody is told older counts. */
  private static final Duration TOO_OLD = Duration.ofSeconds(1);

  private static final int COUNTS_KEPT = 10_000;

  private record Segment(BatchId batch, int number) {}

  private final Supplier<BatchStore> store;
  private final AsyncLoadingCache<Segment, SegmentTally> counts;

  public BatchReader(Supplier<BatchStore> store) {
    this.store = store;
    counts =
        Caffeine.newBuilder()
            .maximumSize(COUNTS_KEPT)
            .refreshAfterWrite(RENEWED_AFTER)
            .expireAfterWrite(TOO_OLD)
            .buildAsync((segment, executor) -> store.get().tally(segment.batch, segment.number));
  }

  /** Empty when the caller sees no such batch of that protocol. */
  public CompletableFuture<Optional<BatchState>> read(
      BatchId id, Caller caller, BatchProtocol protocol) {
    return store
        .get()
        .progress(id)
        .thenCompose(
            found ->
                found
                    .filter(progress -> isOf(progress.batch(), caller, protocol))
                    .map(progress -> counted(progress).thenApply(Optional::of))
                    .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty())));
  }

  /** As it is by now; empty when it is gone. */
  public CompletableFuture<Optional<BatchState>> read(Batch known) {
    BatchSpec spec = known.spec();
    return read(spec.id(), Caller.of(spec.owner()), spec.protocol());
  }

  /** The states of batches that were listed, in that order; those gone meanwhile are left out. */
  public CompletableFuture<List<BatchState>> read(List<Batch> listed) {
    List<CompletableFuture<Optional<BatchState>>> reads = new ArrayList<>();
    for (Batch batch : listed) {
      reads.add(
          batch.run().status().isTerminal()
              ? counted(new BatchProgress(batch, Map.of(), Set.of())).thenApply(Optional::of)
              : read(batch));
    }
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> reads.stream().flatMap(read -> read.join().stream()).toList());
  }

  private static boolean isOf(Batch batch, Caller caller, BatchProtocol protocol) {
    return caller.sees(batch.spec().owner()) && batch.spec().protocol() == protocol;
  }

  private CompletableFuture<BatchState> counted(BatchProgress progress) {
    if (progress.batch().run().totals().isPresent()) {
      return CompletableFuture.completedFuture(new BatchState(progress, progress.total(List.of())));
    }
    List<CompletableFuture<SegmentTally>> tallies = new ArrayList<>();
    for (int segment : progress.open()) {
      tallies.add(counts.get(new Segment(progress.batch().spec().id(), segment)));
    }
    return CompletableFuture.allOf(tallies.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                new BatchState(
                    progress,
                    progress.total(tallies.stream().map(CompletableFuture::join).toList())));
  }
}
