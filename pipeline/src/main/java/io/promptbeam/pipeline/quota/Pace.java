package io.promptbeam.pipeline.quota;

import io.promptbeam.pipeline.quota.HeldPositions.Range;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What this worker holds of a quota, and when it may be used: pure arithmetic over server time in
 * microseconds. Not thread-safe.
 */
final class Pace {
  /** No time: what is asked for is not held. */
  static final long NOT_HELD = Long.MAX_VALUE;

  private final EnumMap<Dimension, Timeline> timelines = new EnumMap<>(Dimension.class);
  private final EnumMap<Dimension, HeldPositions> held = new EnumMap<>(Dimension.class);

  /**
   * When a call may start.
   *
   * @param micros {@link #NOT_HELD} when something is missing
   * @param binding the dimension that decides
   */
  record Due(long micros, Dimension binding) {}

  void follow(QuotaControl control) {
    timelines.clear();
    control
        .limits()
        .perMinute()
        .forEach(
            (dimension, limit) -> {
              timelines.put(dimension, Timeline.of(dimension, limit, control));
              held.computeIfAbsent(dimension, d -> new HeldPositions());
            });
    held.keySet().retainAll(timelines.keySet());
  }

  Map<Dimension, Timeline> timelines() {
    return timelines;
  }

  /** Drops what may not be used any more. */
  void forfeit(long latestMicros) {
    held.forEach(
        (dimension, positions) -> {
          Timeline timeline = timeline(dimension);
          positions.forfeitBefore(timeline.positionAt(latestMicros - timeline.latenessMicros()));
        });
  }

  Due due(Charge charge) {
    Due last = new Due(Long.MIN_VALUE, Dimension.REQUESTS);
    for (var entry : held.entrySet()) {
      Dimension dimension = entry.getKey();
      long needed = charge.of(dimension);
      if (needed == 0) {
        continue;
      }
      HeldPositions positions = entry.getValue();
      long micros =
          positions.size() < needed
              ? NOT_HELD
              : timeline(dimension).timeOf(positions.decisive(needed));
      if (micros > last.micros()) {
        last = new Due(micros, dimension);
      }
    }
    return last;
  }

  Map<Dimension, List<Range>> take(Charge charge) {
    Map<Dimension, List<Range>> taken = new EnumMap<>(Dimension.class);
    held.forEach(
        (dimension, positions) -> taken.put(dimension, positions.take(charge.of(dimension))));
    return taken;
  }

  void giveBack(Map<Dimension, List<Range>> taken) {
    taken.forEach(
        (dimension, ranges) -> {
          HeldPositions positions = held.get(dimension);
          if (positions != null) {
            positions.giveBack(ranges);
          }
        });
  }

  void add(Dimension dimension, long from, long to) {
    HeldPositions positions = held.get(dimension);
    if (positions != null) {
      positions.add(from, to);
    }
  }

  /** How many calls like {@code usual} are covered. */
  long calls(Charge usual) {
    long calls = Long.MAX_VALUE;
    for (var entry : held.entrySet()) {
      long each = usual.of(entry.getKey());
      if (each > 0) {
        calls = Math.min(calls, entry.getValue().size() / each);
      }
    }
    return calls;
  }

  /**
   * Until when the calls that are covered will have started; {@link Long#MIN_VALUE} when {@code
   * next} is not covered.
   */
  long lastsUntilMicros(Charge next, Charge usual) {
    long calls = Math.max(1, calls(usual));
    long until = Long.MIN_VALUE;
    for (var entry : held.entrySet()) {
      HeldPositions positions = entry.getValue();
      Dimension dimension = entry.getKey();
      if (positions.size() < next.of(dimension)) {
        return Long.MIN_VALUE;
      }
      if (positions.size() > 0) {
        long amount = Math.min(positions.size(), calls * usual.of(dimension));
        until = Math.max(until, timeline(dimension).timeOf(positions.after(amount)));
      }
    }
    return until;
  }

  /** Whether calls differ in what they take, so that a reservation may not come out even. */
  boolean isSized() {
    return held.keySet().stream().anyMatch(dimension -> dimension != Dimension.REQUESTS);
  }

  /** Whether some of what {@code next} takes is held. */
  boolean coversPartOf(Charge next) {
    return held.entrySet().stream()
        .anyMatch(
            entry -> {
              long needed = next.of(entry.getKey());
              return needed > 0 && entry.getValue().size() >= needed;
            });
  }

  /**
   * What to reserve for {@code next} alone: its true size, so that nothing is left over. What is
   * held of less than that is dropped: it would be forfeited before a rest of it came due, and so
   * would the rest of that.
   */
  Map<Dimension, Long> missing(Charge next) {
    Map<Dimension, Long> amounts = new EnumMap<>(Dimension.class);
    held.forEach(
        (dimension, positions) -> {
          boolean covered = positions.size() >= next.of(dimension);
          if (!covered) {
            positions.clear();
          }
          amounts.put(dimension, covered ? 0 : next.of(dimension));
        });
    return amounts;
  }

  /** What to reserve so that {@code calls} more like {@code usual}, and {@code next}, are held. */
  Map<Dimension, Long> missing(long calls, Charge usual, Charge next) {
    Map<Dimension, Long> amounts = new EnumMap<>(Dimension.class);
    long covered = calls(usual);
    held.forEach(
        (dimension, positions) -> {
          long wanted = Math.max(next.of(dimension), (covered + calls) * usual.of(dimension));
          amounts.put(dimension, Math.max(0, wanted - positions.size()));
        });
    return amounts;
  }

  /** How many calls like {@code usual} all workers together may start in a second. */
  double callsPerSecond(Charge usual, long nowMicros) {
    double most = Double.MAX_VALUE;
    for (var entry : timelines.entrySet()) {
      long each = usual.of(entry.getKey());
      if (each > 0) {
        Timeline timeline = entry.getValue();
        double rate = timeline.perMicro() * timeline.factorAt(nowMicros) * 1e6;
        most = Math.min(most, rate / (double) each);
      }
    }
    return most;
  }

  Timeline timeline(Dimension dimension) {
    Timeline timeline = timelines.get(dimension);
    if (timeline == null) {
      throw new IllegalStateException("not limited: " + dimension);
    }
    return timeline;
  }
}
