package io.promptbeam.pipeline.engine;

import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.usage.UsageLedger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What every attempt of one engine works with. Thread-safe.
 *
 * @param failing whether a model's provider fails so much that only probes are sent
 * @param stopping whether no more calls may start
 */
record AttemptContext(
    Jobs jobs,
    LlmClients clients,
    EngineConfig config,
    Scheduler scheduler,
    RandomGenerator random,
    EngineFigures figures,
    Supplier<String> tokens,
    UnheardClaims unheard,
    Predicate<String> failing,
    UsageLedger ledger,
    BooleanSupplier stopping,
    OutputChecks checks,
    Repairs repairs,
    SharedAnswers shared) {
  /** A lapsed lease is looked at a little later than it lapses, for clocks that differ. */
  static final Duration LEASE_SLACK = Duration.ofMillis(200);

  Clock clock() {
    return scheduler.clock();
  }

  long nowNanos() {
    return scheduler.nanoTime();
  }

  /** Zero when {@code time} has come. */
  Duration until(Instant time) {
    Duration wait = Duration.between(clock().instant(), time);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  /** The holder may well finish before its lease ends, and then there is nothing to wait for. */
  Duration untilNextLook(Instant leaseExpiresAt) {
    Duration lapse = until(leaseExpiresAt.plus(LEASE_SLACK));
    Duration look = config.leaseFor().dividedBy(12);
    return !lapse.isZero() && lapse.compareTo(look) < 0 ? lapse : look;
  }

  String nextToken() {
    return tokens.get();
  }

  /** Runs {@code task} later; the answer takes that back. */
  Runnable after(Duration wait, Runnable task) {
    return scheduler.after(wait, task);
  }
}
