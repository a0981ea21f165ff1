package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaLimits;
import java.util.EnumMap;
import java.util.Map;

/**
 * One worker's fixed part of a quota, for while the others cannot be heard: whole units a minute,
 * so that the parts of all never add up to more than the limit. Begins with a wait, since the
 * others may begin at the same time. Over monotonic nanoseconds. Not thread-safe.
 */
final class LocalShare {
  static final long NEVER = Long.MAX_VALUE;

  private static final double MARGIN = 1.005;

  private final Map<Dimension, Double> nanosPerUnit = new EnumMap<>(Dimension.class);
  private final Map<Dimension, Double> freeAtNanos = new EnumMap<>(Dimension.class);
  private final boolean none;

  /**
   * The part of one of {@code workers}.
   *
   * @param rank this worker's place among them, from 0: the first ones get what cannot be divided
   */
  LocalShare(QuotaLimits limits, int workers, int rank, double factor, long nowNanos) {
    boolean nothing = false;
    for (var entry : limits.perMinute().entrySet()) {
      long perMinute = (long) ((double) entry.getValue() * factor);
      long part = perMinute / workers + (rank < perMinute % workers ? 1 : 0);
      nothing |= part == 0;
      double nanos = 60e9 * MARGIN / (double) Math.max(1, part);
      nanosPerUnit.put(entry.getKey(), nanos);
      double first = entry.getKey() == Dimension.REQUESTS ? nanos : 0;
      freeAtNanos.put(entry.getKey(), (double) nowNanos + first);
    }
    none = nothing;
  }

  /** When a call may start; {@link #NEVER} where the limit has no unit for this worker. */
  long dueNanos() {
    if (none) {
      return NEVER;
    }
    double due = freeAtNanos.values().stream().mapToDouble(at -> at).max().orElse(0);
    return (long) Math.ceil(due);
  }

  void take(Charge charge, long nowNanos) {
    freeAtNanos.replaceAll(
        (dimension, free) -> {
          double units = (double) charge.of(dimension) / (double) dimension.positionsPerUnit();
          double from = Math.max(free, (double) nowNanos);
          return from + units * nanosPerUnit.getOrDefault(dimension, 0.0);
        });
  }
}
