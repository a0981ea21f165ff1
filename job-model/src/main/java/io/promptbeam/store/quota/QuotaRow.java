package io.promptbeam.store.quota;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One quota's row. Thread-safe and never blocking; every change is atomic. Futures fail with {@link
 * io.promptbeam.store.StoreUnavailableException}, and then a change may have been made or not: what
 * a lost answer reserved is used by nobody.
 */
public interface QuotaRow {
  /**
   * Moves counters on, beats the worker's heart, and looks at the generation.
   *
   * @param amounts by how much; 0 only looks
   */
  CompletableFuture<Reserved> reserve(String worker, Map<Dimension, Long> amounts);

  /**
   * Moves a counter that lies behind.
   *
   * @return whether it still stood at {@code seen}
   */
  CompletableFuture<Boolean> skip(Dimension dimension, long seen, long to);

  CompletableFuture<View> read();

  /**
   * Replaces what is agreed.
   *
   * @return whether the generation was still the expected one; it is one higher now
   */
  CompletableFuture<Boolean> writeControl(long expectedGeneration, QuotaControl control);

  /**
   * Sets how many calls at the same time a worker keeps for itself, and takes away what the dead
   * kept.
   *
   * @param expectedVersion of the row's holds when they were read
   * @return whether they still stood like that; the version is one higher now
   */
  CompletableFuture<Boolean> hold(
      String worker, long calls, Collection<String> dead, long expectedVersion);

  /** Removes the columns of workers that are long dead. */
  CompletableFuture<Void> forget(Collection<String> workers);

  /**
   * What a reservation came to.
   *
   * @param ends the counters after it: the worker's are the positions before them
   * @param serverMicros the store's time while it was made, to the millisecond, rounded down
   */
  record Reserved(Map<Dimension, Long> ends, long generation, long serverMicros) {}

  /**
   * A worker as the row has it.
   *
   * @param beatMicros server time of its last reservation
   * @param held calls at the same time it keeps for itself
   */
  record WorkerView(long beatMicros, long held) {}

  /**
   * The whole row.
   *
   * @param generation 0 while nothing is agreed
   */
  record View(
      long generation,
      Optional<QuotaControl> control,
      Map<Dimension, Long> counters,
      Map<String, WorkerView> workers,
      long holdsVersion) {}
}
