package io.promptbeam.pipeline.engine;

import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.LaneBoard;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts up what waits in an engine's lanes and what they did in the last minute: every second while
 * something waits, is called or has been, and once when that is over. And that the engine lives.
 * Calls do not depend on it. On the engine's loop, but for {@link #workers}.
 */
final class LaneReports {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);
  private static final SparseWarning UNSAID = new SparseWarning(LOG);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int TICKS_PER_BEAT = 5;

  private final String worker;
  private final LaneBoard board;
  private final AttemptContext context;
  private final Map<String, LanePump> lanes;
  private final Map<String, FiguresWindow> windows = new HashMap<>();
  private final Set<String> busy = new HashSet<>();
  private final AtomicInteger workers = new AtomicInteger(1);
  private CompletableFuture<Void> lastPut = CompletableFuture.completedFuture(null);
  private long ticks;

  LaneReports(String worker, LaneBoard board, AttemptContext context, Map<String, LanePump> lanes) {
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
    List<EngineFigures.Model> telling = telling();
    if (!lastPut.isDone()) {
      // The store is slow; what comes later is newer.
      return;
    }
    Set<String> over = new HashSet<>(busy);
    busy.clear();
    for (EngineFigures.Model model : telling) {
      busy.add(model.id());
      over.remove(model.id());
      put(model.id(), now);
    }
    over.forEach(model -> put(model, now));
  }

  /** Models of which there is anything to tell; what is idle costs next to nothing. */
  private List<EngineFigures.Model> telling() {
    lanes.values().forEach(LanePump::tick);
    long nowNanos = context.nowNanos();
    List<EngineFigures.Model> telling = new ArrayList<>();
    for (EngineFigures.Model model : context.figures().all()) {
      LanePump lane = lanes.get(model.id());
      boolean isBusy = window(model).isBusy(nowNanos);
      if (isBusy || (lane != null && lane.isTelling())) {
        telling.add(model);
      }
    }
    return telling;
  }

  private FiguresWindow window(EngineFigures.Model model) {
    return windows.computeIfAbsent(model.id(), id -> new FiguresWindow(model, context.nowNanos()));
  }

  private void put(String model, Instant now) {
    LaneFigures lately = window(context.figures().of(model)).read(context.nowNanos());
    LanePump lane = lanes.get(model);
    // Jobs may end that were never in a lane here, by the sweep.
    put(
        lane != null
            ? lane.snapshot(worker, now, lately)
            : new LaneSnapshot(
                model,
                worker,
                now,
                List.of(),
                List.of(),
                Optional.empty(),
                0,
                Duration.ZERO,
                lately));
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
