package io.promptbeam.api.deadletters;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Does one thing after the other at a desk, on a thread of its own that lives while it is wanted:
 * two who look at once would take letters from each other. Thread-safe, never blocks but to close.
 */
final class DeskClerk implements AutoCloseable {
  private static final int MAX_WAITING = 4;
  private static final Duration THREAD_LIVES = Duration.ofSeconds(30);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

  private final ThreadPoolExecutor thread;
  private final Duration patience;
  private final LongSupplier nanoTime;

  /**
   * @param patience after which an answer fails with {@link TimeoutException}
   */
  DeskClerk(Duration patience, LongSupplier nanoTime) {
    this.patience = patience;
    this.nanoTime = nanoTime;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            THREAD_LIVES.toMillis(),
            TimeUnit.MILLISECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            work -> {
              Thread made = new Thread(work, "dead-letters");
              made.setDaemon(true);
              return made;
            });
    thread.allowCoreThreadTimeOut(true);
  }

  /**
   * Fails with {@link RejectedExecutionException} when too many wait, or when its turn comes so
   * late that it might not be done in time; then nothing was begun.
   *
   * @param work is told how long it may take: half of the patience, since its last call may be slow
   */
  <T> CompletableFuture<T> ask(Function<Duration, T> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long latestNanos = nanoTime.getAsLong() + patience.toNanos() / 4;
    try {
      thread.execute(
          () -> {
            if (nanoTime.getAsLong() - latestNanos > 0) {
              answer.completeExceptionally(new RejectedExecutionException("its turn came late"));
              return;
            }
            try {
              answer.complete(work.apply(patience.dividedBy(2)));
            } catch (RuntimeException | Error e) {
              answer.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
    return answer.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What is under way may end first: then it gives back what it holds. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
