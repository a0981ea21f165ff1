package io.promptbeam.api.jobs;

import io.promptbeam.store.LaneBoard;
import io.promptbeam.store.LaneSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The board, read at most once a second for each model, however many poll. Thread-safe. */
public final class CachedBoard {
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final long PATIENCE_MILLIS = 1_000;

  /** Jobs may name models that are gone; those of a thousand are forgotten together. */
  private static final int MAX_MODELS = 1_000;

  private record Read<T>(Instant at, CompletableFuture<T> value) {
    boolean isFresh(Instant now) {
      return !at.isAfter(now) && at.plus(FRESH).isAfter(now);
    }
  }

  private final LaneBoard board;
  private final Map<String, Read<List<LaneSnapshot>>> lanes = new ConcurrentHashMap<>();
  private final Map<String, Read<List<Instant>>> beats = new ConcurrentHashMap<>();

  public CachedBoard(LaneBoard board) {
    this.board = board;
  }

  boolean isRead() {
    return board.isRead();
  }

  public CompletableFuture<List<LaneSnapshot>> lanes(String modelId, Instant now) {
    if (lanes.size() > MAX_MODELS) {
      lanes.clear();
    }
    return fresh(lanes, modelId, now, () -> board.of(modelId));
  }

  public CompletableFuture<List<Instant>> beats(Instant now) {
    return fresh(beats, "", now, board::beats);
  }

  private static <T> CompletableFuture<T> fresh(
      Map<String, Read<T>> cache, String key, Instant now, Supplier<CompletableFuture<T>> read) {
    return cache
        .compute(
            key,
            (k, known) ->
                known != null && known.isFresh(now)
                    ? known
                    : new Read<>(
                        now, read.get().copy().orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)))
        .value();
  }
}
