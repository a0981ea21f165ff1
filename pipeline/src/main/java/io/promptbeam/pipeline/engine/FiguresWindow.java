package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import io.promptbeam.store.LaneFigures;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * One model's figures of the last minute, as the difference to what they were then. Readings are
 * kept every few seconds, so that a window is that much longer than a minute at most. Not
 * thread-safe: the engine's loop owns it.
 */
final class FiguresWindow {
  static final Duration LENGTH = Duration.ofSeconds(60);
  private static final long LENGTH_NANOS = LENGTH.toNanos();
  private static final long KEEP_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private record Reading(long atNanos, ModelFigures figures) {}

  private final EngineFigures.Model model;
  private final Deque<Reading> readings = new ArrayDeque<>();
  private long lastMoves;
  private long lastMovedNanos;

  FiguresWindow(EngineFigures.Model model, long nowNanos) {
    this.model = model;
    lastMovedNanos = nowNanos - 2 * LENGTH_NANOS;
  }

  /**
   * Looks what has come; to be called every second or so.
   *
   * @return whether there is anything in the window, or anything under way
   */
  boolean isBusy(long nowNanos) {
    long moves = model.moves();
    if (moves != lastMoves) {
      lastMoves = moves;
      lastMovedNanos = nowNanos;
    }
    if (readings.isEmpty() || nowNanos - readings.getLast().atNanos() >= KEEP_EVERY_NANOS) {
      readings.addLast(new Reading(nowNanos, model.read(false)));
      forget(nowNanos);
    }
    return nowNanos - lastMovedNanos <= LENGTH_NANOS + KEEP_EVERY_NANOS || model.isUnderWay();
  }

  /** All but the newest of those that are old enough to begin a window. */
  private void forget(long nowNanos) {
    while (readings.size() > 1 && isOld(second(), nowNanos)) {
      readings.removeFirst();
    }
  }

  private Reading second() {
    var each = readings.iterator();
    var unused = each.next();
    return each.next();
  }

  private static boolean isOld(Reading reading, long nowNanos) {
    return nowNanos - reading.atNanos() >= LENGTH_NANOS;
  }

  LaneFigures read(long nowNanos) {
    forget(nowNanos);
    ModelFigures now = model.read(false);
    Reading first = readings.peekFirst();
    if (first == null || !isOld(first, nowNanos)) {
      // Before there was nothing, as long as anybody counts.
      return figures(LENGTH, now, ModelFigures.none(now.modelId()));
    }
    return figures(Duration.ofNanos(nowNanos - first.atNanos()), now, first.figures());
  }

  private static LaneFigures figures(Duration window, ModelFigures now, ModelFigures then) {
    return new LaneFigures(
        window,
        now.callsStarted() - then.callsStarted(),
        now.callsEndedInAll() - then.callsEndedInAll(),
        grown(now.failures(), then.failures(), new TreeMap<>()),
        grown(now.jobsEnded(), then.jobsEnded(), new EnumMap<>(JobState.class)),
        new Usage(
            now.tokens().inputTokens() - then.tokens().inputTokens(),
            now.tokens().cachedInputTokens() - then.tokens().cachedInputTokens(),
            now.tokens().outputTokens() - then.tokens().outputTokens(),
            now.tokens().reasoningTokens() - then.tokens().reasoningTokens()),
        now.costPicos() - then.costPicos(),
        now.latency().minus(then.latency()),
        now.callsInFlight(),
        now.waiting());
  }

  private static <K> Map<K, Long> grown(Map<K, Long> now, Map<K, Long> then, Map<K, Long> into) {
    now.forEach(
        (what, count) -> {
          long more = count - then.getOrDefault(what, 0L);
          if (more > 0) {
            into.put(what, more);
          }
        });
    return into;
  }
}
