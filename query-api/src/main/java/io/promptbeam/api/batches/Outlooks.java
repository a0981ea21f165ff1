package io.promptbeam.api.batches;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.promptbeam.api.jobs.CachedBoard;
import io.promptbeam.api.jobs.LaneAhead;
import io.promptbeam.api.jobs.Waiting;
import io.promptbeam.api.jobs.WaitingReasons;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.LaneBoard;
import io.promptbeam.submit.WorkEstimate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells batches' outlooks from the limits of their models and what workers put up on the board. A
 * poll costs at most a read of two segments a second and batch. Thread-safe, never blocks.
 */
public final class Outlooks {
  private static final Logger log = LoggerFactory.getLogger(Outlooks.class);
  private static final SparseWarning UNTOLD = new SparseWarning(log);
  private static final Duration KEPT = Duration.ofSeconds(1);
  private static final int SEGMENTS_KEPT = 2_000;
  private static final int MAX_MODELS = 8;

  private record Segment(BatchId batch, int number) {}

  private final Supplier<ModelCatalog> catalog;
  private final CachedBoard board;
  private final WaitingReasons reasons;

  /** Of each model the first line that has not been called. */
  private final AsyncLoadingCache<Segment, List<Job>> waiting;

  public Outlooks(Supplier<BatchStore> store, LaneBoard board, Supplier<ModelCatalog> catalog) {
    this.catalog = catalog;
    this.board = new CachedBoard(board);
    this.reasons = new WaitingReasons(this.board);
    this.waiting =
        Caffeine.newBuilder()
            .maximumSize(SEGMENTS_KEPT)
            .expireAfterWrite(KEPT)
            .buildAsync(
                (segment, executor) ->
                    store
                        .get()
                        .lines(segment.batch, segment.number, Set.of())
                        .thenApply(Outlooks::firstOfEachModel));
  }

  private static List<Job> firstOfEachModel(List<Job> lines) {
    Map<String, Job> first = new LinkedHashMap<>();
    for (Job line : lines) {
      if (line.run().state() == JobState.PENDING && first.size() < MAX_MODELS) {
        first.putIfAbsent(line.spec().modelId(), line);
      }
    }
    return List.copyOf(first.values());
  }

  /** Completes, never exceptionally: an answer never fails because of it. */
  public CompletableFuture<Outlook> of(BatchState state, Instant now) {
    return told(state, now)
        .exceptionally(
            failure -> {
              UNTOLD.warn(() -> "outlooks cannot be told: " + SparseWarning.reason(failure));
              return Outlook.none(now);
            });
  }

  private CompletableFuture<Outlook> told(BatchState state, Instant now) {
    BatchRun run = state.batch().run();
    if (run.status().isTerminal() || state.batch().cut().isPresent()) {
      return CompletableFuture.completedFuture(Outlook.none(now));
    }
    if (run.status() == BatchStatus.VALIDATING) {
      return reasons
          .ofUnread(state.batch().spec().createdAt(), now)
          .thenApply(why -> new Outlook(now, Optional.empty(), listed(why)));
    }
    double part = (double) (run.lines() - state.total().ended()) / Math.max(1, run.lines());
    Map<String, ModelLoad> left = new LinkedHashMap<>();
    run.loads().forEach((model, load) -> left.put(model, load.part(part)));
    Owner owner = state.batch().spec().owner();
    return estimate(owner, left, state.batch().spec().createdAt(), now)
        .thenCombine(
            waiting(state.progress(), now), (estimate, why) -> new Outlook(now, estimate, why));
  }

  private static List<Outlook.OfModel> listed(Optional<Waiting> why) {
    return why.stream().map(w -> new Outlook.OfModel(Optional.empty(), w)).toList();
  }

  /**
   * How long work of an owner's takes, with what is before it.
   *
   * @param since when it came
   */
  public CompletableFuture<Optional<WorkEstimate>> estimate(
      Owner owner, Map<String, ModelLoad> loads, Instant since, Instant now) {
    ModelCatalog models = catalog.get();
    OwnerPolicy policy = models.owner(owner);
    Map<String, CompletableFuture<WorkEstimate.Ahead>> ahead = new LinkedHashMap<>();
    loads.forEach(
        (model, load) ->
            ahead.put(
                model,
                board
                    .lanes(model, now)
                    .thenApply(
                        lanes -> LaneAhead.of(owner, policy.weight(), since, load, lanes, now))));
    return CompletableFuture.allOf(ahead.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              Map<String, WorkEstimate.Ahead> known = new LinkedHashMap<>();
              ahead.forEach((model, read) -> known.put(model, read.join()));
              return WorkEstimate.of(loads, known, models, policy);
            });
  }

  /** Of the first segment that is being worked on, and of the first that has not begun. */
  private CompletableFuture<List<Outlook.OfModel>> waiting(BatchProgress progress, Instant now) {
    List<CompletableFuture<List<Job>>> reads = new ArrayList<>();
    BatchId id = progress.batch().spec().id();
    progress.open().stream()
        .findFirst()
        .ifPresent(open -> reads.add(waiting.get(new Segment(id, open))));
    IntStream.range(0, progress.segments())
        .filter(progress::isUntouched)
        .findFirst()
        .ifPresent(untouched -> reads.add(waiting.get(new Segment(id, untouched))));
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> {
              List<Job> lines = new ArrayList<>();
              reads.forEach(read -> lines.addAll(read.join()));
              return reasons(firstOfEachModel(lines), now);
            });
  }

  private CompletableFuture<List<Outlook.OfModel>> reasons(List<Job> lines, Instant now) {
    Map<String, CompletableFuture<Optional<Waiting>>> told = new LinkedHashMap<>();
    for (Job line : lines) {
      told.put(line.spec().modelId(), reasons.of(line, now));
    }
    return CompletableFuture.allOf(told.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              List<Outlook.OfModel> all = new ArrayList<>();
              told.forEach(
                  (model, why) ->
                      why.join()
                          .ifPresent(w -> all.add(new Outlook.OfModel(Optional.of(model), w))));
              return all;
            });
  }
}
