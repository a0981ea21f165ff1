package io.promptbeam.pipeline.engine;

import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.LaneBoard;
import io.promptbeam.store.LaneSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts up what waits in an engine's lanes, every second while something does and once when that is
 * over, and that the engine lives. Calls do not depend on it. On the engine's loop, but for {@link
 * #workers}.
 */
final class LaneReports {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);
  private static final SparseWarning UNSAID = new SparseWarning(LOG);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int TICKS_PER_BEAT = 5;

  private final String worker;
  private final LaneBoard board;
  private final AttemptContext context;
  private final Supplier<Collection<LanePump>> lanes;
  private final Set<String> busy = new HashSet<>();
  private final AtomicInteger workers = new AtomicInteger(1);
  private CompletableFuture<Void> lastPut = CompletableFuture.completedFuture(null);
  private long ticks;

  LaneReports(
      String worker,
      LaneBoard board,
      AttemptContext context,
      Supplier<Collection<LanePump>> lanes) {
    this.worker = worker;
    this.board = board;
    this.context = context;
    this.lanes = lanes;
  }

  /** Begins, if anybody can read it. */
  void start() {
    if (board.isRead()) {
      var unused = context.after(Duration.ZERO, Unforeseen.guarded(this::tick));
    }
  }

  /** Engines that live, this one included; as of some seconds ago. Thread-safe. */
  int workers() {
    return workers.get();
  }

  private void tick() {
    var unused = context.after(TICK, Unforeseen.guarded(this::tick));
    Instant now = context.clock().instant();
    if (ticks++ % TICKS_PER_BEAT == 0) {
      beat(now);
    }
    if (!lastPut.isDone()) {
      // The store is slow; what comes later is newer.
      return;
    }
    for (LanePump lane : lanes.get()) {
      LaneSnapshot snapshot = lane.snapshot(worker, now);
      boolean waits = !snapshot.isEmpty() || snapshot.binding().isPresent();
      if (!waits && !busy.contains(lane.model())) {
        continue;
      }
      if (waits) {
        busy.add(lane.model());
      } else {
        busy.remove(lane.model());
      }
      put(snapshot);
    }
  }

  private void put(LaneSnapshot snapshot) {
    CompletableFuture<Void> put = heard(board.put(snapshot));
    lastPut = CompletableFuture.allOf(lastPut, put);
  }

  private void beat(Instant now) {
    var unused =
        heard(
            board
                .beat(worker, now)
                .thenCompose(beaten -> board.beats())
                .thenAccept(
                    beats ->
                        workers.set(
                            (int)
                                Math.max(
                                    1,
                                    beats.stream()
                                        .filter(at -> at.plus(LaneBoard.LIVES).isAfter(now))
                                        .count()))));
  }

  private static CompletableFuture<Void> heard(CompletableFuture<Void> said) {
    return said.exceptionally(
        failure -> {
          UNSAID.warn(
              () -> "what waits could not be put up for callers: " + SparseWarning.reason(failure));
          return null;
        });
  }
}
