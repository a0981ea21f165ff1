package io.promptbeam.store.quota;

import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** A row in memory, which answers at once. Thread-safe. */
public final class InMemoryQuotaRow implements QuotaRow {
  private final LongSupplier serverMicros;
  private final Map<Dimension, Long> counters = new EnumMap<>(Dimension.class);
  private final Map<String, Long> beats = new HashMap<>();
  private final Map<String, Long> holds = new HashMap<>();
  private Optional<QuotaControl> control = Optional.empty();
  private long generation;
  private long holdsVersion;

  public InMemoryQuotaRow(LongSupplier serverMicros) {
    this.serverMicros = serverMicros;
  }

  @Override
  public synchronized CompletableFuture<Reserved> reserve(
      String worker, Map<Dimension, Long> amounts) {
    long now = serverMicros.getAsLong() / 1_000 * 1_000;
    long beat = Math.max(now, beats.getOrDefault(worker, now));
    beats.put(worker, beat);
    Map<Dimension, Long> ends = new EnumMap<>(Dimension.class);
    amounts.forEach(
        (dimension, amount) -> ends.put(dimension, counters.merge(dimension, amount, Long::sum)));
    return CompletableFuture.completedFuture(new Reserved(ends, generation, beat));
  }

  @Override
  public synchronized CompletableFuture<Boolean> skip(Dimension dimension, long seen, long to) {
    boolean same = counters.getOrDefault(dimension, 0L) == seen;
    if (same) {
      counters.put(dimension, to);
    }
    return CompletableFuture.completedFuture(same);
  }

  @Override
  public synchronized CompletableFuture<View> read() {
    Map<String, WorkerView> workers = new HashMap<>();
    beats.forEach(
        (worker, at) -> workers.put(worker, new WorkerView(at, holds.getOrDefault(worker, 0L))));
    return CompletableFuture.completedFuture(
        new View(generation, control, Map.copyOf(counters), workers, holdsVersion));
  }

  @Override
  public synchronized CompletableFuture<Boolean> writeControl(
      long expectedGeneration, QuotaControl next) {
    boolean same = generation == expectedGeneration;
    if (same) {
      generation++;
      control = Optional.of(next);
    }
    return CompletableFuture.completedFuture(same);
  }

  @Override
  public synchronized CompletableFuture<Boolean> hold(
      String worker, long calls, Collection<String> dead, long expectedVersion) {
    boolean same = holdsVersion == expectedVersion;
    if (same) {
      holdsVersion++;
      dead.forEach(holds::remove);
      holds.put(worker, calls);
    }
    return CompletableFuture.completedFuture(same);
  }

  @Override
  public synchronized CompletableFuture<Void> forget(Collection<String> workers) {
    workers.forEach(
        worker -> {
          beats.remove(worker);
          holds.remove(worker);
        });
    return CompletableFuture.completedFuture(null);
  }
}
