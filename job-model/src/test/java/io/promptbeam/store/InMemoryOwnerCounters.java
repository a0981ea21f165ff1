package io.promptbeam.store;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Counters in memory, for tests. Thread-safe. */
final class InMemoryOwnerCounters implements OwnerCounters {
  private record Minute(Owner owner, long minute) {}

  private final Map<Owner, Long> waiting = new HashMap<>();
  private final Map<Owner, Instant> recounted = new HashMap<>();
  private final Map<Minute, Long> submits = new HashMap<>();

  @Override
  public synchronized CompletableFuture<Counts> add(
      Owner owner, long jobs, long submitted, long minute) {
    return CompletableFuture.completedFuture(
        new Counts(
            waiting.merge(owner, jobs, Long::sum),
            submits.merge(new Minute(owner, minute), submitted, Long::sum),
            recounted.getOrDefault(owner, Instant.EPOCH)));
  }

  @Override
  public synchronized CompletableFuture<Boolean> recounting(
      Owner owner, Instant seen, Instant now) {
    boolean first = recounted.getOrDefault(owner, Instant.EPOCH).equals(seen);
    if (first) {
      recounted.put(owner, now);
    }
    return CompletableFuture.completedFuture(first);
  }
}
