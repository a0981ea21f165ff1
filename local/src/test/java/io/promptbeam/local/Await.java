package io.promptbeam.local;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Waits with a deadline for what other threads and processes do. */
public final class Await {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private Await() {}

  /**
   * Looks until {@code done}, and answers what it saw then.
   *
   * @param what completes the sentence "waited in vain until"
   */
  public static <T> T until(String what, Callable<T> look, Predicate<T> done) throws Exception {
    return until(what, PATIENCE, look, done);
  }

  /** {@link #until(String, Callable, Predicate)}, for as long as {@code patience}. */
  public static <T> T until(String what, Duration patience, Callable<T> look, Predicate<T> done)
      throws Exception {
    long startNanos = System.nanoTime();
    T seen = look.call();
    while (!done.test(seen)) {
      if (System.nanoTime() - startNanos > patience.toNanos()) {
        throw new AssertionError("waited in vain until " + what + "; the last look saw: " + seen);
      }
      LockSupport.parkNanos(LOOK_NANOS);
      seen = look.call();
    }
    return seen;
  }
}
