package io.promptbeam.pipeline.quota;

import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import io.promptbeam.store.quota.QuotaRow;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A row at the other end of a network, as one worker reaches it. */
final class SimRow implements QuotaRow {
  /** What all workers' requests go through. */
  static final class Network {
    private final QuotaWorld world;
    private final double lost;
    private boolean down;
    private long requests;

    Network(QuotaWorld world, double lost) {
      this.world = world;
      this.lost = lost;
    }

    void setDown(boolean isDown) {
      down = isDown;
    }

    long requests() {
      return requests;
    }

    /** Mostly a millisecond or two, sometimes twenty. */
    private long hop() {
      double usual = 0.5 + 1.5 * world.random().nextDouble();
      double slow = world.random().nextDouble() < 0.02 ? 20 * world.random().nextDouble() : 0;
      return (long) ((usual + slow) * 1e6);
    }

    private <T> CompletableFuture<T> send(BooleanSupplier listens, Supplier<T> effect) {
      requests++;
      CompletableFuture<T> answer = new CompletableFuture<>();
      if (down) {
        world.in(hop(), () -> fail(answer));
        return answer;
      }
      double fate = world.random().nextDouble();
      if (fate < lost / 2) {
        world.in(200 * QuotaWorld.MILLI, () -> fail(answer));
        return answer;
      }
      world.in(
          hop(),
          () -> {
            T done = effect.get();
            world.in(
                hop(),
                () -> {
                  if (fate < lost) {
                    fail(answer);
                  } else if (listens.getAsBoolean()) {
                    answer.complete(done);
                  }
                });
          });
      return answer;
    }

    private static void fail(CompletableFuture<?> answer) {
      answer.completeExceptionally(
          new StoreUnavailableException("simulated", new IllegalStateException("lost")));
    }
  }

  private final QuotaRow row;
  private final Network network;
  private final BooleanSupplier listens;

  SimRow(QuotaRow row, Network network, BooleanSupplier listens) {
    this.row = row;
    this.network = network;
    this.listens = listens;
  }

  @Override
  public CompletableFuture<Reserved> reserve(String worker, Map<Dimension, Long> amounts) {
    return network.send(listens, () -> row.reserve(worker, amounts).join());
  }

  @Override
  public CompletableFuture<Boolean> skip(Dimension dimension, long seen, long to) {
    return network.send(listens, () -> row.skip(dimension, seen, to).join());
  }

  @Override
  public CompletableFuture<View> read() {
    return network.send(listens, () -> row.read().join());
  }

  @Override
  public CompletableFuture<Boolean> writeControl(long expected, QuotaControl control) {
    return network.send(listens, () -> row.writeControl(expected, control).join());
  }

  @Override
  public CompletableFuture<Boolean> hold(
      String worker, long calls, Collection<String> dead, long expectedVersion) {
    return network.send(listens, () -> row.hold(worker, calls, dead, expectedVersion).join());
  }

  @Override
  public CompletableFuture<Void> forget(Collection<String> workers) {
    return network
        .send(
            listens,
            () -> {
              row.forget(workers).join();
              return true;
            })
        .thenAccept(done -> {});
  }
}
