package io.promptbeam.local.run;

import io.promptbeam.store.StoreUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Waits for the store, and asks again while it cannot be reached. For operations that may be
 * repeated.
 */
final class Patience {
  private static final int ATTEMPTS = 6;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

  private final Sleeper sleeper;

  interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
  }

  Patience(Sleeper sleeper) {
    this.sleeper = sleeper;
  }

  /**
   * @throws IOException when the store could not be reached at all
   */
  <T> T await(Supplier<CompletableFuture<T>> operation) throws IOException, InterruptedException {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        return operation.get().get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof StoreUnavailableException)) {
          throw new IllegalStateException("the store failed", e.getCause());
        }
        if (attempt == ATTEMPTS) {
          throw new IOException("the job store does not answer", e.getCause());
        }
      }
      sleeper.sleep(pause);
      pause = pause.multipliedBy(2);
    }
  }
}
