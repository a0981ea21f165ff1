package io.promptbeam.pipeline.engine;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * An engine's time, and the order of its steps: those given to one scheduler run one after another.
 * Thread-safe. An interface, so that a simulation can be the clock.
 */
public interface Scheduler extends AutoCloseable {
  /** Wall time, for rows. May differ between machines and jump. */
  Clock clock();

  /** Monotonic time, for everything that is measured; as of {@link System#nanoTime}. */
  long nanoTime();

  /**
   * Runs {@code task} after {@code wait}, which may be zero; after closing it is dropped.
   *
   * @return takes the task back, if it has not begun
   */
  Runnable after(Duration wait, Runnable task);

  /** Runs {@code task} soon. */
  default void soon(Runnable task) {
    var unused = after(Duration.ZERO, task);
  }

  /** Drops what has not begun. */
  @Override
  void close();

  /** A thread of its own, on the system's clocks. */
  static Scheduler ofThread(String name) {
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            },
            // Rejected once closed; what was asked for then is not wanted any more.
            new ThreadPoolExecutor.DiscardPolicy());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return new Scheduler() {
      @Override
      public Clock clock() {
        return Clock.systemUTC();
      }

      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public Runnable after(Duration wait, Runnable task) {
        var scheduled = executor.schedule(task, Math.max(0, wait.toNanos()), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
      }

      @Override
      public void close() {
        executor.shutdownNow();
      }
    };
  }
}
