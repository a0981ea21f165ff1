package io.promptbeam.pipeline.engine;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.Cut;
import io.promptbeam.job.JobId;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What is different about items of batches: they must begin before their lines do, they end when
 * their batch is cut, and their end is noted. Not thread-safe: the engine's loop owns it.
 */
final class Segments {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration END_LOOK = Duration.ofMillis(100);
  private static final int ENDING_ATTEMPTS = 6;

  /** Who takes jobs out of lanes. */
  interface Lanes {
    /** So many jobs of {@code item} are not to be drawn any more. */
    void withdrawn(ActiveItem item, int undrawn);

    /** As of {@link LanePump.Settling}. */
    void settle(ActiveItem item, JobId job, Verdict verdict);
  }

  private final AttemptContext context;
  private final JobStore store;
  private final SegmentEnding endings;
  private final CutLines cutLines;
  private final Map<BatchId, Set<ActiveItem>> active = new LinkedHashMap<>();

  /** Items none of whose lines began. */
  private final Set<ActiveItem> dropped = new LinkedHashSet<>();

  /** Batches that are about to be looked at, whether they have ended. */
  private final Set<BatchId> ending = new LinkedHashSet<>();

  private boolean scheduled;

  Segments(AttemptContext context, JobStore store, EndedNotices notices) {
    this.context = context;
    this.store = store;
    endings = new SegmentEnding(store, notices, context.clock());
    cutLines = new CutLines(context, store);
  }

  /** From now on it is looked whether the item's batch is cut; nothing to do for other items. */
  void add(ActiveItem item, Lanes lanes) {
    if (item.batch().isEmpty()) {
      return;
    }
    active.computeIfAbsent(item.batch().get(), id -> new LinkedHashSet<>()).add(item);
    scheduleLook(lanes);
  }

  void remove(ActiveItem item) {
    item.batch()
        .ifPresent(
            batch ->
                active.computeIfPresent(
                    batch,
                    (id, items) -> {
                      items.remove(item);
                      return items.isEmpty() ? null : items;
                    }));
  }

  /** Lets the item's lines begin. False: not now, because of a cut perhaps. */
  CompletableFuture<Boolean> begin(ActiveItem item) {
    BatchId batch = item.batch().orElseThrow();
    return store
        .batches()
        .open(batch, item.segment())
        .thenCompose(
            begun ->
                begun
                    // One that had begun before a cut may come again; its lines may not be called.
                    ? store
                        .batches()
                        .read(batch)
                        .thenApply(b -> b.filter(Segments::mayBegin).isPresent())
                    : CompletableFuture.completedFuture(false))
        .whenComplete(
            (begun, failure) -> {
              if (Boolean.TRUE.equals(begun)) {
                context.scheduler().soon(Unforeseen.guarded(item::begin));
              }
            });
  }

  private static boolean mayBegin(Batch batch) {
    return batch.cut().isEmpty() && !batch.run().status().isTerminal();
  }

  private void scheduleLook(Lanes lanes) {
    if (scheduled) {
      return;
    }
    scheduled = true;
    var unused =
        context.after(
            LOOK,
            Unforeseen.guarded(
                () -> {
                  scheduled = false;
                  if (!active.isEmpty()) {
                    scheduleLook(lanes);
                  }
                  List.copyOf(active.keySet()).forEach(batch -> lookForCut(batch, lanes));
                }));
  }

  private void lookForCut(BatchId batch, Lanes lanes) {
    var unused =
        store
            .batches()
            .read(batch)
            .thenAccept(
                found -> {
                  if (found.filter(Segments::mayBegin).isEmpty()) {
                    look(batch, lanes);
                  }
                });
  }

  /** Ends what is to end, if the batch is cut or gone. What cannot be read is read again later. */
  void look(BatchId batch, Lanes lanes) {
    var unused =
        store
            .batches()
            .progress(batch)
            .thenAccept(
                found ->
                    context
                        .scheduler()
                        .soon(Unforeseen.guarded(() -> cutOff(batch, found, lanes))));
  }

  private void cutOff(BatchId batch, Optional<BatchProgress> found, Lanes lanes) {
    Optional<Cut> cut = found.flatMap(progress -> progress.batch().cut());
    boolean over = found.map(p -> p.batch().run().status().isTerminal()).orElse(true);
    if (cut.isEmpty() && !over) {
      return;
    }
    boolean anyDropped = false;
    for (ActiveItem item : List.copyOf(active.getOrDefault(batch, Set.of()))) {
      if (item.isCut()) {
        continue;
      }
      int undrawn = item.undrawn();
      List<JobId> waiting = item.cut();
      lanes.withdrawn(item, undrawn);
      item.waitsNoMore(waiting.size());
      if (over || found.orElseThrow().isUntouched(item.segment())) {
        anyDropped = true;
        dropped.add(item);
        waiting.forEach(job -> lanes.settle(item, job, new Verdict.NothingToDo()));
      } else {
        end(item, waiting, cut, lanes);
      }
    }
    if (anyDropped && !over) {
      // Nobody else may: where nothing has begun, nothing will end.
      endBatchSoon(batch);
    }
  }

  /** Once for all segments that end together: it reads the whole of the batch's row. */
  private void endBatchSoon(BatchId batch) {
    if (!ending.add(batch)) {
      return;
    }
    var unused =
        context.after(
            END_LOOK,
            Unforeseen.guarded(
                () -> {
                  ending.remove(batch);
                  endBatch(batch, 0);
                }));
  }

  private void endBatch(BatchId batch, int failures) {
    var unused =
        endings
            .batch(batch)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null && failures < ENDING_ATTEMPTS) {
                    again(failures, () -> endBatch(batch, failures + 1));
                  }
                });
  }

  /** Ends a job of an item that was cut, when nobody is calling it. */
  void endCut(ActiveItem item, JobId job, Lanes lanes) {
    if (dropped.contains(item)) {
      // It ended by the cut; its row stays as it is.
      lanes.settle(item, job, new Verdict.NothingToDo());
      return;
    }
    var unused =
        store
            .batches()
            .read(item.batch().orElseThrow())
            .handle((found, failure) -> failure != null ? Optional.<Batch>empty() : found)
            .thenAccept(found -> end(item, List.of(job), found.flatMap(Batch::cut), lanes));
  }

  private void end(ActiveItem item, List<JobId> jobs, Optional<Cut> cut, Lanes lanes) {
    Cut.Kind kind = cut.map(Cut::kind).orElse(Cut.Kind.CANCELLED);
    cutLines.end(
        jobs,
        kind,
        (job, verdict) ->
            context.scheduler().soon(Unforeseen.guarded(() -> lanes.settle(item, job, verdict))));
  }

  /** All of the item's jobs have ended: notes that, and runs {@code then} in any case. */
  void ended(ActiveItem item, Runnable then) {
    if (dropped.remove(item)) {
      then.run();
    } else {
      noteEnd(item, 0, then);
    }
  }

  private void noteEnd(ActiveItem item, int failures, Runnable then) {
    BatchId batch = item.batch().orElseThrow();
    var unused =
        endings
            .segment(batch, item.segment())
            .whenComplete(
                (done, failure) -> {
                  if (failure == null || failures == ENDING_ATTEMPTS) {
                    // What could not be noted, the sweep will find.
                    context
                        .scheduler()
                        .soon(
                            Unforeseen.guarded(
                                () -> {
                                  endBatchSoon(batch);
                                  then.run();
                                }));
                  } else {
                    again(failures, () -> noteEnd(item, failures + 1, then));
                  }
                });
  }

  private void again(int failures, Runnable task) {
    Duration pause = context.config().backoff().next(failures + 1, context.random());
    var unused = context.after(pause, Unforeseen.guarded(task));
  }
}
