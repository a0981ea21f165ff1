package io.promptbeam.pipeline.sweep;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.engine.SegmentEnding;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SegmentPlan;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be done about batches that are due: they expire, are expanded further, are handed over
 * by what is left of them, and end. Thread-safe, never blocks.
 */
final class BatchSweep {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSweep.class);
  private static final SparseWarning UNREAD = new SparseWarning(LOG);
  private static final int PLANS_PER_READ = 100;

  /**
   * What is to become of an entry.
   *
   * @param next when to look again; empty for never
   * @param items to be handed over
   * @param expand whether the batch is to be expanded further
   */
  record Decision(
      DueEntry entry,
      BatchId batch,
      Optional<Instant> next,
      List<SegmentItem> items,
      Optional<BatchSpec> expand) {}

  private final JobStore store;
  private final Clock clock;
  private final SweepConfig config;
  private final EndedNotices notices;
  private final SegmentEnding ending;

  BatchSweep(JobStore store, EndedNotices notices, Clock clock, SweepConfig config) {
    this.store = store;
    this.clock = clock;
    this.config = config;
    this.notices = notices;
    ending = new SegmentEnding(store, notices, clock);
  }

  /** Of the entries of batches among {@code page}; one it cannot decide on stays due. */
  CompletableFuture<List<Decision>> decide(List<DueEntry> page) {
    CompletableFuture<List<Decision>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (DueEntry entry : page) {
      Optional<BatchId> batch = BatchLine.batchOfDueId(entry.jobId());
      if (batch.isPresent()) {
        // One after the other: each may have many segments.
        all =
            all.thenCompose(
                found ->
                    decide(entry, batch.get())
                        .exceptionally(failure -> unread(batch.get(), failure))
                        .thenApply(
                            decision -> {
                              decision.ifPresent(found::add);
                              return found;
                            }));
      }
    }
    return all;
  }

  private static Optional<Decision> unread(BatchId batch, Throwable failure) {
    UNREAD.warn(() -> batch + " could not be looked at: " + SparseWarning.reason(failure));
    return Optional.empty();
  }

  private CompletableFuture<Optional<Decision>> decide(DueEntry entry, BatchId id) {
    return batches()
        .progress(id)
        .thenCompose(
            found -> {
              Instant now = clock.instant();
              if (found.isEmpty()) {
                boolean orphaned = !now.isBefore(entry.at().plus(DueEntry.ORPHANED_AFTER));
                return done(orphaned ? Optional.of(never(entry, id)) : Optional.empty());
              }
              BatchProgress progress = found.get();
              if (progress.batch().run().status().isTerminal()) {
                return forget(entry, progress.batch());
              }
              boolean expires = !now.isBefore(progress.batch().spec().expiresAt());
              return expires && progress.batch().cut().isEmpty()
                  ? expire(entry, id, now)
                  : decide(entry, progress, now);
            });
  }

  private CompletableFuture<Optional<Decision>> expire(DueEntry entry, BatchId id, Instant now) {
    return batches().cut(id, new Cut(Cut.Kind.EXPIRED, now)).thenCompose(cut -> decide(entry, id));
  }

  private CompletableFuture<Optional<Decision>> decide(
      DueEntry entry, BatchProgress progress, Instant now) {
    BatchSpec spec = progress.batch().spec();
    BatchId id = spec.id();
    Instant next = now.plus(spacing(progress, now));
    boolean cut = progress.batch().cut().isPresent();
    Optional<Instant> at =
        Optional.of(cut || next.isBefore(spec.expiresAt()) ? next : spec.expiresAt());
    if (progress.batch().run().status() == BatchStatus.VALIDATING) {
      return done(Optional.of(new Decision(entry, id, at, List.of(), Optional.of(spec))));
    }
    if (progress.isAllEnded()) {
      return ending
          .batch(id)
          .thenCompose(ended -> batches().read(id))
          .thenCompose(
              found ->
                  found
                      .filter(batch -> batch.run().status().isTerminal())
                      .map(batch -> forget(entry, batch))
                      .orElseGet(() -> done(Optional.empty())));
    }
    return isExpanded(progress)
        .thenCompose(
            expanded -> {
              if (!expanded && !cut) {
                return done(Optional.of(new Decision(entry, id, at, List.of(), Optional.of(spec))));
              }
              return items(progress, 0, new ArrayList<>())
                  .thenApply(
                      items -> Optional.of(new Decision(entry, id, at, items, Optional.empty())));
            });
  }

  private CompletableFuture<Boolean> isExpanded(BatchProgress progress) {
    int last = progress.segments() - 1;
    return batches()
        .plans(progress.batch().spec().id(), last, 1)
        .thenApply(plans -> plans.containsKey(last));
  }

  /** Of segments that have not ended, and may have begun or still begin. */
  private CompletableFuture<List<SegmentItem>> items(
      BatchProgress progress, int from, List<SegmentItem> items) {
    return batches()
        .plans(progress.batch().spec().id(), from, PLANS_PER_READ)
        .thenCompose(
            (Map<Integer, byte[]> plans) -> {
              int next = from;
              for (var plan : plans.entrySet()) {
                int segment = plan.getKey();
                next = segment + 1;
                boolean over =
                    progress.done().containsKey(segment)
                        || (progress.batch().cut().isPresent() && progress.isUntouched(segment));
                if (!over) {
                  items.addAll(SegmentPlan.decode(plan.getValue()));
                }
              }
              return plans.isEmpty()
                  ? CompletableFuture.completedFuture(items)
                  : items(progress, next, items);
            });
  }

  private Duration spacing(BatchProgress progress, Instant now) {
    Duration age = Duration.between(progress.batch().spec().createdAt(), now);
    if (progress.batch().cut().isPresent() || age.compareTo(config.minSpacing()) < 0) {
      return config.minSpacing();
    }
    return age.compareTo(config.maxSpacing()) < 0 ? age : config.maxSpacing();
  }

  /** Once the notice of its end is kept, whoever ended it: after that nobody looks any more. */
  private CompletableFuture<Optional<Decision>> forget(DueEntry entry, Batch ended) {
    return notices.ended(ended).thenApply(kept -> Optional.of(never(entry, ended.spec().id())));
  }

  private static Decision never(DueEntry entry, BatchId id) {
    return new Decision(entry, id, Optional.empty(), List.of(), Optional.empty());
  }

  private static CompletableFuture<Optional<Decision>> done(Optional<Decision> decision) {
    return CompletableFuture.completedFuture(decision);
  }

  private BatchStore batches() {
    return store.batches();
  }
}
