package io.promptbeam.pipeline.quota;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Time, chance and the order of events; all on the thread that runs it. */
final class QuotaWorld {
  static final long SECOND = 1_000_000_000L;
  static final long MILLI = 1_000_000L;

  private record Event(long at, long order, Runnable action) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private final SplittableRandom random;
  private long nowNanos;
  private long order;

  QuotaWorld(long seed) {
    random = new SplittableRandom(seed);
  }

  long nowNanos() {
    return nowNanos;
  }

  /** The store's clock. */
  long serverMicros() {
    return 1_790_000_000_000_000L + nowNanos / 1_000;
  }

  SplittableRandom random() {
    return random;
  }

  void in(long nanos, Runnable action) {
    events.add(new Event(nowNanos + Math.max(0, nanos), order++, action));
  }

  void runUntil(long untilNanos) {
    while (!events.isEmpty() && events.element().at() <= untilNanos) {
      Event next = events.remove();
      nowNanos = next.at();
      next.action().run();
    }
    nowNanos = untilNanos;
  }
}
