package io.promptbeam.pipeline.simulation;

import io.promptbeam.pipeline.engine.Scheduler;
import java.time.Clock;
import java.time.Duration;

/** The world's time as one incarnation of a process sees it; timers are a little late. */
final class SimScheduler implements Scheduler {
  private final SimProcess process;
  private boolean closed;

  SimScheduler(SimProcess process) {
    this.process = process;
  }

  @Override
  public Clock clock() {
    return process.clock();
  }

  @Override
  public long nanoTime() {
    return process.world.nowNanos();
  }

  @Override
  public Runnable after(Duration wait, Runnable task) {
    boolean[] taken = new boolean[1];
    Duration late =
        wait.isZero() || wait.isNegative()
            ? Duration.ZERO
            : wait.plusNanos(process.world.random().nextLong(2_000_000));
    process.later(
        late,
        () -> {
          if (!closed && !taken[0]) {
            task.run();
          }
        });
    return () -> taken[0] = true;
  }

  @Override
  public void close() {
    closed = true;
  }
}
