package io.promptbeam.pipeline.quota;

import io.promptbeam.pipeline.quota.Quota.Acquisition;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRow;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Supplier;

/** One worker: jobs that wait, and a pump like the engine's that starts them as it may. */
final class SimCaller implements QuotaTime {
  /** What a call is estimated to use, and what it uses. */
  record Call(TokenAmount estimate, TokenAmount used) {}

  private final QuotaWorld world;
  private final long clockOffsetNanos;
  private final Supplier<Call> calls;
  private final Function<Call, Boolean> provider;
  private final SharedQuota quota;
  private long waiting;
  private Call head;
  private boolean alive = true;
  private long pumpAt = Long.MAX_VALUE;
  private long started;
  private int inFlight;
  private Duration retryAfter = Duration.ZERO;

  SimCaller(
      QuotaWorld world,
      String name,
      QuotaRow row,
      SimRow.Network network,
      QuotaLimits limits,
      Supplier<Call> calls,
      Function<Call, Boolean> provider) {
    this.world = world;
    this.calls = calls;
    this.provider = provider;
    // Monotonic clocks begin anywhere.
    clockOffsetNanos = world.random().nextLong(1_000_000 * QuotaWorld.SECOND);
    quota =
        new SharedQuota(
            "model:m",
            new SimRow(row, network, () -> alive),
            name,
            limits,
            Instant.EPOCH,
            1_000_000,
            this,
            world.random().split());
    head = calls.get();
    quota.onChange(() -> after(Duration.ZERO, this::look));
  }

  SharedQuota quota() {
    return quota;
  }

  long started() {
    return started;
  }

  int inFlight() {
    return inFlight;
  }

  void refusedCallsSay(Duration after) {
    retryAfter = after;
  }

  void offer(long jobs) {
    waiting += jobs;
    after(Duration.ZERO, this::look);
  }

  void kill() {
    alive = false;
  }

  @Override
  public long nanoTime() {
    return world.nowNanos() + clockOffsetNanos;
  }

  @Override
  public void after(Duration wait, Runnable task) {
    // Timers are late by up to two milliseconds.
    long late = wait.isZero() ? 0 : (long) (2e6 * world.random().nextDouble());
    world.in(
        wait.toNanos() + late,
        () -> {
          if (alive) {
            task.run();
          }
        });
  }

  private void look() {
    pumpAt = Long.MAX_VALUE;
    while (waiting > 0) {
      quota.expect(waiting);
      Acquisition acquisition = quota.tryAcquire(head.estimate(), nanoTime());
      if (acquisition instanceof Acquisition.Wait wait) {
        if (wait.nanos() != Long.MAX_VALUE) {
          lookIn(wait.nanos());
        }
        return;
      }
      waiting--;
      started++;
      inFlight++;
      Call call = head;
      head = calls.get();
      Permit permit = ((Acquisition.Granted) acquisition).permit();
      boolean accepted = provider.apply(call);
      long took = (50 + world.random().nextLong(450)) * QuotaWorld.MILLI;
      after(Duration.ofNanos(accepted ? took : took / 10), () -> ended(permit, call, accepted));
    }
  }

  private void ended(Permit permit, Call call, boolean accepted) {
    inFlight--;
    if (accepted) {
      permit.succeeded(call.used(), nanoTime());
    } else {
      waiting++;
      permit.throttled(retryAfter, nanoTime());
      after(Duration.ZERO, this::look);
    }
  }

  private void lookIn(long nanos) {
    long at = world.nowNanos() + nanos;
    if (at < pumpAt) {
      pumpAt = at;
      after(
          Duration.ofNanos(nanos),
          () -> {
            if (pumpAt == at) {
              look();
            }
          });
    }
  }
}
