package io.promptbeam.store;

import io.promptbeam.job.Job;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Lets requests of many threads take effect one after the other, each at once. */
public final class LockedLink implements SimulatedBigtable.Link {
  private LockedLink() {}

  /** A store of its own, on tables of its own. */
  public static JobStore open(Clock clock) {
    var unseen =
        new SimulatedBigtable.Observer() {
          @Override
          public void jobWritten(Optional<Job> before, Job after) {}

          @Override
          public void dueAdded(DueEntry entry) {}

          @Override
          public void dueRemoved(DueEntry entry) {}
        };
    return new SimulatedBigtable(unseen).open(new LockedLink(), clock, "v-", false);
  }

  @Override
  public synchronized <T> CompletableFuture<T> send(boolean writes, Supplier<T> effect) {
    return CompletableFuture.completedFuture(effect.get());
  }

  @Override
  public Executor after(long millis) {
    return Runnable::run;
  }
}
