package io.promptbeam.pipeline.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Time, chance and the order of events. Everything happens on the thread that runs it. */
final class World {
  static final Instant START = Instant.parse("2026-11-23T10:00:00Z");

  private static final class Event {
    private final long at;
    private final long order;
    private final Runnable action;
    private boolean cancelled;

    Event(long at, long order, Runnable action) {
      this.at = at;
      this.order = order;
      this.action = action;
    }
  }

  /** One line of a history. */
  record Note(long atNanos, String who, String what) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          Comparator.<Event>comparingLong(e -> e.at).thenComparingLong(e -> e.order));
  private final SplittableRandom random;
  private final boolean noting;
  private final List<Note> notes = new ArrayList<>();
  private long nowNanos;
  private long order;

  World(long seed, boolean noting) {
    this.random = new SplittableRandom(seed);
    this.noting = noting;
  }

  long nowNanos() {
    return nowNanos;
  }

  /** Wall time of a machine without skew. */
  Instant now() {
    return START.plusNanos(nowNanos);
  }

  /** Lets {@code action} happen later; the answer takes that back. */
  Runnable in(long nanos, Runnable action) {
    Event event = new Event(nowNanos + Math.max(0, nanos), order++, action);
    events.add(event);
    return () -> event.cancelled = true;
  }

  Runnable in(Duration wait, Runnable action) {
    return in(wait.toNanos(), action);
  }

  /** Runs until there is nothing more to happen, {@code done}, or the time is over. */
  void run(BooleanSupplier done, long untilNanos) {
    while (!events.isEmpty() && !done.getAsBoolean()) {
      if (events.element().at > untilNanos) {
        nowNanos = untilNanos;
        return;
      }
      Event next = events.remove();
      if (!next.cancelled) {
        nowNanos = next.at;
        next.action.run();
      }
    }
  }

  SplittableRandom random() {
    return random;
  }

  boolean chance(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  /** Short waits as likely as long ones, by order of magnitude. */
  Duration between(Duration least, Duration most) {
    double low = Math.log((double) Math.max(1, least.toNanos()));
    double high = Math.log((double) Math.max(1, most.toNanos()));
    return Duration.ofNanos((long) Math.exp(low + random.nextDouble() * (high - low)));
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** For a person who looks at a history. */
  void note(String who, Supplier<String> what) {
    if (noting) {
      notes.add(new Note(nowNanos, who, what.get()));
    }
  }

  List<Note> notes() {
    return notes;
  }
}
