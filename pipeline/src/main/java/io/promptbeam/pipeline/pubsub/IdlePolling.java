package io.promptbeam.pipeline.pubsub;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Spares a server and a processor the polling of an empty subscription. The DirectRunner polls
 * every reader again as soon as all came back empty, and between polls its driver spins on the same
 * few threads. So a reader that comes within the pause after an empty poll keeps its thread until
 * the pause is over; the first then polls for all, and the others return empty. Thread-safe.
 */
final class IdlePolling {
  private final LongSupplier nanoTime;
  private final LongConsumer sleepNanos;
  private boolean empty;
  private long emptySinceNanos;

  IdlePolling(LongSupplier nanoTime, LongConsumer sleepNanos) {
    this.nanoTime = nanoTime;
    this.sleepNanos = sleepNanos;
  }

  static void sleep(long nanos) {
    LockSupport.parkNanos(nanos);
  }

  /**
   * Polls now, or after the rest of the pause.
   *
   * @param mayWait false if the caller holds messages that should not wait for others
   */
  <T> List<T> poll(Duration pause, boolean mayWait, Supplier<List<T>> poll) {
    long restNanos = restNanos(pause);
    if (restNanos > 0) {
      if (!mayWait) {
        return List.of();
      }
      sleepNanos.accept(restNanos);
      if (restNanos(pause) > 0) {
        return List.of();
      }
    }
    List<T> polled = poll.get();
    note(polled.isEmpty());
    return polled;
  }

  private synchronized long restNanos(Duration pause) {
    return empty ? pause.toNanos() - (nanoTime.getAsLong() - emptySinceNanos) : 0;
  }

  private synchronized void note(boolean nowEmpty) {
    empty = nowEmpty;
    emptySinceNanos = nanoTime.getAsLong();
  }
}
