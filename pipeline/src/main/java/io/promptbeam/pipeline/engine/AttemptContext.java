package io.promptbeam.pipeline.engine;

import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
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
    Tokens tokens,
    BooleanSupplier stopping) {

  /** Fencing tokens of one engine. */
  static final class Tokens {
    private final String prefix;
    private final AtomicLong claims = new AtomicLong();

    Tokens(String engineId) {
      prefix = engineId + ".";
    }

    private String next() {
      return prefix + claims.incrementAndGet();
    }
  }

  Clock clock() {
    return scheduler.clock();
  }

  long nowNanos() {
    return scheduler.nanoTime();
  }

  String nextToken() {
    return tokens.next();
  }

  /** Whether a claim of this engine's made {@code token}. */
  boolean isOwnToken(String token) {
    return token.startsWith(tokens.prefix);
  }

  /** Runs {@code task} later; the answer takes that back. */
  Runnable after(Duration wait, Runnable task) {
    return scheduler.after(wait, task);
  }
}
