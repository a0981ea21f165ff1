package io.promptbeam.pipeline.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.PriorityQueue;

/** A scheduler whose time passes only when a test says so. Not thread-safe. */
final class VirtualTime implements Scheduler {
  private record Task(long atNanos, long order, Runnable run) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final Instant start;
  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long nowNanos;
  private long order;

  VirtualTime(Instant start) {
    this.start = start;
  }

  Instant now() {
    return start.plusNanos(nowNanos);
  }

  /** Runs what is scheduled for the next {@code time}. */
  void pass(Duration time) {
    long until = nowNanos + time.toNanos();
    while (!tasks.isEmpty() && tasks.peek().atNanos() <= until) {
      Task task = tasks.remove();
      nowNanos = task.atNanos();
      task.run().run();
    }
    nowNanos = until;
  }

  @Override
  public Clock clock() {
    return new Clock() {
      @Override
      public Instant instant() {
        return now();
      }

      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }
    };
  }

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  @Override
  public Runnable after(Duration wait, Runnable run) {
    Task task = new Task(nowNanos + Math.max(0, wait.toNanos()), order++, run);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  @Override
  public void close() {
    tasks.clear();
  }
}
