package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Draws a lane's jobs as far as their owners' limits, the circuit breaker, the owners' budgets and
 * the quota allow, asked in this order, and knows which of them holds up the rest. Not thread-safe:
 * the engine's loop owns it.
 */
final class Admission {
  /** About 8 MB of prompts, at four characters a token. */
  private static final long MAX_TOKENS_PER_READ = 2_000_000;

  private static final long FULL_LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  /** Where jobs go that need not wait for a provider that fails. */
  interface Diversion {
    /** Another model that may be asked now. */
    Optional<String> instead(ActiveItem item);

    /** Takes over a job that was drawn here. */
    void divert(ActiveItem item, JobId job, String modelId);
  }

  /**
   * What may start now.
   *
   * @param lookAgainNanos when to ask again for the rest, if time alone may let it start
   * @param inFlightFull whether only the end of a call can let another one start
   */
  record Admitted(List<Start> starts, OptionalLong lookAgainNanos, boolean inFlightFull) {}

  private final String model;
  private final AttemptContext context;
  private final Lane lane;
  private final OwnerCalls owners;
  private final OwnerGate gate;
  private final ProviderHealth health;
  private final Diversion diversion;
  private Optional<Binding> binding = Optional.empty();
  private long waitingJobs;

  /**
   * @param model that is called here, at whose prices budgets count
   * @param owners shared by the lanes of an engine
   */
  Admission(
      String model,
      AttemptContext context,
      Lane lane,
      OwnerCalls owners,
      OwnerGate gate,
      ProviderHealth health,
      Diversion diversion) {
    this.model = model;
    this.context = context;
    this.lane = lane;
    this.owners = owners;
    this.gate = gate;
    this.health = health;
    this.diversion = diversion;
  }

  /** Queues an item that has jobs to draw. */
  void add(ActiveItem item) {
    waitingJobs += item.undrawn();
    lane.add(item, context.clock().millis());
  }

  /** So many jobs of an item that waits here are not to be drawn any more. */
  void withdrawn(int jobs) {
    waitingJobs -= jobs;
  }

  /** What kept the lane's jobs from starting when it was last asked for them, if anything did. */
  Optional<Binding> binding() {
    return binding;
  }

  /** Draws as many jobs as may start at once, and as are good to read at once. */
  Admitted admit(long nowNanos) {
    List<Start> starts = new ArrayList<>();
    lane.quota().expect(Math.max(1, waitingJobs));
    long tokens = 0;
    while (starts.size() < context.config().maxStartsPerRead() && tokens < MAX_TOKENS_PER_READ) {
      ActiveItem item = lane.peek();
      if (item == null) {
        // Whom it holds, each queue tells.
        binding = Optional.empty();
        // Who waits for an owner's turn has no use for the quota, which others may.
        lane.quota().expect(0);
        return untilAsked(starts);
      }
      if (!item.hasUndrawn()) {
        // Its batch was cut.
        lane.settle(lane.turnTaken(item), 0);
        continue;
      }
      if (owners.isAtLimit(item.item().owner())) {
        lane.hold(item.item().owner(), LaneSnapshot.OWNER_IN_FLIGHT);
        continue;
      }
      long breakerWait = health.waitNanos(nowNanos);
      if (breakerWait > 0) {
        Optional<String> instead = diversion.instead(item);
        if (instead.isPresent()) {
          divert(item, instead.get());
          continue;
        }
        return breakerWait == CircuitBreaker.UNTIL_REPORT
            ? untilAsked(starts)
            : new Admitted(starts, OptionalLong.of(breakerWait), false);
      }
      TokenAmount estimate = estimate(item);
      var answer = gate.tryStart(item.item().owner(), model, estimate);
      if (answer instanceof OwnerGate.Answer.Wait) {
        lane.hold(item.item().owner(), LaneSnapshot.BUDGET);
        continue;
      }
      tokens += item.item().tokensOf(item.peek());
      if (answer instanceof OwnerGate.Answer.Refused refused) {
        starts.add(draw(item, Start.Terms.refused(refused.error())));
        continue;
      }
      var reservation = ((OwnerGate.Answer.Open) answer).reservation();
      var acquisition = lane.quota().tryAcquire(estimate, nowNanos);
      if (acquisition instanceof Quota.Acquisition.Wait wait) {
        reservation.cancel();
        return untilQuota(starts, wait);
      }
      var permit = ((Quota.Acquisition.Granted) acquisition).permit();
      binding = Optional.empty();
      starts.add(draw(item, Start.Terms.call(permit, health.drawn(), reservation)));
    }
    return untilAsked(starts);
  }

  private static Admitted untilAsked(List<Start> starts) {
    return new Admitted(starts, OptionalLong.empty(), false);
  }

  private Admitted untilQuota(List<Start> starts, Quota.Acquisition.Wait wait) {
    binding = binding(wait);
    if (wait.nanos() == Long.MAX_VALUE) {
      // Calls that hang end nothing: look now and then whether they do.
      return new Admitted(starts, OptionalLong.of(FULL_LOOK_NANOS), true);
    }
    long atLeast = context.config().startInterval().toNanos();
    return new Admitted(starts, OptionalLong.of(Math.max(wait.nanos(), atLeast)), false);
  }

  private Start draw(ActiveItem item, Start.Terms terms) {
    waitingJobs--;
    JobId job = item.draw();
    Turns.Turn turn = lane.turnTaken(item);
    owners.began(turn.charge().owner());
    return new Start(item, job, turn, terms);
  }

  /** The attempt at {@code start} has ended. */
  void ended(Start start, long usedTokens) {
    lane.settle(start.turn(), usedTokens);
    owners.ended(start.turn().charge().owner());
  }

  /** What need not wait for the provider to be back goes on at another one. */
  private void divert(ActiveItem item, String modelId) {
    JobId job = item.draw();
    waitingJobs--;
    // It costs its owner nothing here.
    lane.settle(lane.turnTaken(item), 0);
    item.waitsNoMore(1);
    diversion.divert(item, job, modelId);
  }

  private static TokenAmount estimate(ActiveItem item) {
    long output = item.item().outputTokensOf(item.peek());
    return new TokenAmount(item.item().tokensOf(item.peek()) - output, output);
  }

  private static Optional<Binding> bound(String reason) {
    return Optional.of(new Binding(reason, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  private Optional<Binding> binding(Quota.Acquisition.Wait wait) {
    if (wait.limit() == Quota.Limit.PAUSED_BY_PROVIDER) {
      Optional<Instant> until =
          wait.nanos() == Long.MAX_VALUE
              ? Optional.empty()
              : Optional.of(context.clock().instant().plusNanos(wait.nanos()));
      return Optional.of(
          new Binding(LaneSnapshot.PROVIDER_PAUSED, until, Optional.empty(), Optional.empty()));
    }
    return bound(wait.limit().name().toLowerCase(Locale.ROOT).replace("_per_minute", ""));
  }
}
