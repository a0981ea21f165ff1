package io.promptbeam.store;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Owner;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Takes jobs that have ended off their owners' counts of waiting jobs. Of owners without such a
 * limit nothing is counted. What gathers while one owner's write is on its way goes out with the
 * next. A write that fails is not repeated, since nobody knows whether it was made: a recount finds
 * out. Thread-safe.
 */
public final class EndedJobs {
  private final OwnerCounters counters;
  private final Supplier<ModelCatalog> catalog;

  /** By owner whose write is on its way: what to write next. */
  private final Map<Owner, Long> gathered = new HashMap<>();

  public EndedJobs(OwnerCounters counters, Supplier<ModelCatalog> catalog) {
    this.counters = counters;
    this.catalog = catalog;
  }

  /** Whether whoever ends jobs of {@code owner} has to say so. */
  private boolean isCounted(Owner owner) {
    return catalog.get().owner(owner).maxWaiting().isPresent();
  }

  /** So many jobs of {@code owner} have ended, each told once by who recorded it. */
  public void count(Owner owner, long ended) {
    if (!isCounted(owner)) {
      return;
    }
    synchronized (gathered) {
      Long waiting = gathered.get(owner);
      gathered.put(owner, waiting == null ? 0 : waiting + ended);
      if (waiting != null) {
        return;
      }
    }
    write(owner, ended);
  }

  private void write(Owner owner, long ended) {
    CompletableFuture<OwnerCounters.Counts> written;
    try {
      written = counters.add(owner, -ended, 0, 0);
    } catch (RuntimeException e) {
      written = CompletableFuture.failedFuture(e);
    }
    var unused =
        written.handle(
            (counts, failure) -> {
              writeNext(owner);
              return failure == null;
            });
  }

  private void writeNext(Owner owner) {
    long next;
    synchronized (gathered) {
      next = gathered.getOrDefault(owner, 0L);
      if (next == 0) {
        gathered.remove(owner);
        return;
      }
      gathered.put(owner, 0L);
    }
    write(owner, next);
  }
}
