package io.promptbeam.store.usage;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What is taken out of an owner's budget of one day, in picodollars: the leases of workers, from
 * which they pay their calls, and what was spent without a lease. Workers keep the sum within the
 * budget; the row does not know it. Thread-safe and never blocking; every change is atomic. Futures
 * fail with {@link io.promptbeam.store.StoreUnavailableException}, and then a change may have been
 * made or not: the worker's next one shows it.
 */
public interface BudgetRow {
  /**
   * Takes more out of the budget, or gives back, says what was spent, and beats the worker's heart.
   *
   * @param take added to what is taken and to the worker's lease; below 0 gives back
   * @param spend added to what the worker has spent of its lease
   */
  CompletableFuture<Leased> lease(String worker, long take, long spend);

  CompletableFuture<View> read();

  /**
   * Ends the lease of a dead worker and gives back what it has not spent, if the worker's columns
   * are still as they were seen. A caller that dies half way leaves the rest reserved until the day
   * ends.
   *
   * @return whether they were
   */
  CompletableFuture<Boolean> reclaim(String worker, WorkerView seen);

  /**
   * What stands after a change.
   *
   * @param taken by all
   * @param leased the worker's part of it, spent or not
   * @param spent by the worker
   * @param serverMicros the store's time of the change
   */
  record Leased(long taken, long leased, long spent, long serverMicros) {}

  /**
   * A worker as the row has it.
   *
   * @param beatMicros server time of its last change
   */
  record WorkerView(long leased, long spent, long beatMicros) {}

  /**
   * The whole row.
   *
   * @param returning of the leases of dead workers that were ended: unspent, and still taken
   */
  record View(long taken, Map<String, WorkerView> workers, long returning) {
    public View {
      workers = Map.copyOf(workers);
    }

    /** Leased and not spent. */
    public long reserved() {
      return returning + workers.values().stream().mapToLong(w -> w.leased() - w.spent()).sum();
    }

    /** As far as it is known: a worker says what it spends with its next change. */
    public long spent() {
      return taken - reserved();
    }
  }
}
