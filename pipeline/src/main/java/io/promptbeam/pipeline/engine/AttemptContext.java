package io.promptbeam.pipeline.engine;

import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What every attempt of one engine works with. Thread-safe.
 *
 * @param stopping whether no more calls may start
 */
record AttemptContext(
    Jobs jobs,
    LlmClients clients,
    EngineConfig config,
    Scheduler scheduler,
    RandomGenerator random,
    Counters counters,
    Supplier<String> tokens,
    UnheardClaims unheard,
    BooleanSupplier stopping) {

  Clock clock() {
    return scheduler.clock();
  }

  long nowNanos() {
    return scheduler.nanoTime();
  }

  String nextToken() {
    return tokens.get();
  }

  /** Runs {@code task} later; the answer takes that back. */
  Runnable after(Duration wait, Runnable task) {
    return scheduler.after(wait, task);
  }
}
