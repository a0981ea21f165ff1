package io.promptbeam.pipeline.engine;

import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** What every attempt of one engine works with. Thread-safe. */
record AttemptContext(
    Jobs jobs,
    LlmClients clients,
    EngineConfig config,
    Time time,
    RandomGenerator random,
    Counters counters,
    Supplier<String> tokens) {

  /** Wall time for rows, monotonic time for quotas, and something that waits. */
  record Time(Clock clock, LongSupplier nanos, ScheduledExecutorService timer) {}

  Clock clock() {
    return time.clock();
  }

  long nowNanos() {
    return time.nanos().getAsLong();
  }

  String nextToken() {
    return tokens.get();
  }

  /** Runs {@code task} later; the answer takes that back. */
  Runnable after(Duration wait, Runnable task) {
    Future<?> scheduled = time.timer().schedule(task, wait.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }
}
