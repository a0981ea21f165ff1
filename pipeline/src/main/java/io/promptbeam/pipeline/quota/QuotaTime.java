package io.promptbeam.pipeline.quota;

import java.time.Duration;

/** Time for quotas. Thread-safe. An interface, so that a simulation can be the clock. */
public interface QuotaTime {
  /** Monotonic, as of {@link System#nanoTime}. */
  long nanoTime();

  /** Runs {@code task} after {@code wait}, on a thread that may not be held up. */
  void after(Duration wait, Runnable task);
}
