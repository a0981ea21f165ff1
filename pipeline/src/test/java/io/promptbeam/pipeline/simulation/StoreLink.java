package io.promptbeam.pipeline.simulation;

import io.promptbeam.store.SimulatedBigtable;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * How the requests of one incarnation reach the tables: some time later, never, or after their
 * sender was told that they failed, or is dead.
 */
final class StoreLink implements SimulatedBigtable.Link {
  private final SimProcess process;
  private final Simulation sim;
  private final World world;

  StoreLink(SimProcess process) {
    this.process = process;
    this.sim = process.sim;
    this.world = process.world;
  }

  @Override
  public <T> CompletableFuture<T> send(boolean writes, Supplier<T> effect) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Instant decidedAt = process.clock().instant();
    int sender = process.incarnation();
    Supplier<T> attributed = () -> sim.ledger().as(process, sender, decidedAt, effect);
    int of = sender;
    boolean outlivesSender = world.random().nextBoolean();
    Duration there = latency();
    if (!sim.isKind() && world.chance(sim.scenario().storeErrors())) {
      fail(of, answer, attributed, writes, there);
      return answer;
    }
    world.in(
        there,
        () -> {
          if (sim.isStoreDown()) {
            sim.totals().count("requests during store outages");
            process.storeFailed();
            world.in(latency(), () -> failed(of, answer));
            return;
          }
          if ((process.isUp() && process.incarnation() == of) || outlivesSender) {
            T value = attributed.get();
            world.in(latency(), () -> process.step(of, () -> answer.complete(value)));
          }
        });
    return answer;
  }

  private <T> void fail(
      int of, CompletableFuture<T> answer, Supplier<T> effect, boolean writes, Duration there) {
    process.storeFailed();
    int kind = writes ? world.random().nextInt(3) : 0;
    if (kind == 0) {
      sim.totals().count("store requests lost");
      world.in(there.plus(latency()), () -> failed(of, answer));
      return;
    }
    Duration told = world.between(Duration.ofMillis(5), Duration.ofSeconds(20));
    Duration applied =
        kind == 1 ? there : told.plus(world.between(Duration.ofMillis(1), Duration.ofSeconds(30)));
    sim.totals()
        .count(kind == 1 ? "store answers lost" : "store writes after their failure was told");
    world.in(
        applied,
        () -> {
          var unused = effect.get();
        });
    world.in(kind == 1 ? there.plus(told) : told, () -> failed(of, answer));
  }

  private void failed(int of, CompletableFuture<?> answer) {
    process.step(of, () -> answer.completeExceptionally(SimulatedBigtable.unavailable()));
  }

  private Duration latency() {
    if (!sim.isKind() && world.chance(sim.scenario().slowStore())) {
      sim.totals().count("slow store requests");
      process.storeFailed();
      return world.between(Duration.ofMillis(100), Duration.ofSeconds(20));
    }
    return world.between(Duration.ofMillis(1), Duration.ofMillis(20));
  }

  @Override
  public Executor after(long millis) {
    return task -> process.later(Duration.ofMillis(millis), task);
  }
}
