package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps one lane's calls going: looks when something may start, has what {@link Admission} lets
 * through {@link LaneAttempts begun}, and hands on what became of it. Owned by the engine's loop,
 * but for what {@link LanePermit.Lane} has.
 */
final class LanePump implements LanePermit.Lane {
  /** Where attempts end. */
  interface Settling {
    /** Called once per start, on the loop. */
    void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict);

    /** Lets the lines of an item begin that has not; on the loop. False: not now, or never. */
    CompletableFuture<Boolean> begin(ActiveItem item);

    /** Another model that may be asked while this lane's fails; on the loop. */
    Optional<String> instead(LanePump lane, ActiveItem item);
  }

  private final String model;
  private final AttemptContext context;
  private final Settling settling;
  private final Lane lane;
  private final ProviderHealth health;
  private final LaneRetries retries;
  private final Admission admission;
  private final LaneAttempts attempts;
  private final StartRate startRate;
  private final EngineFigures.Model figures;
  private double startsPerSecond;
  private long lastStartNanos;
  private long scheduledForNanos;
  private boolean scheduled;
  private volatile boolean inFlightFull;

  /**
   * @param owners shared by the lanes of an engine
   * @param running where attempts are noted while they run; thread-safe
   */
  LanePump(
      String model,
      AttemptContext context,
      JobStore store,
      Quota quota,
      OwnerCalls owners,
      OwnerGate gate,
      Set<Attempt> running,
      Settling settling) {
    this.model = model;
    this.context = context;
    this.settling = settling;
    lane = new Lane(quota, owners::weight);
    health = new ProviderHealth(model, context);
    retries = new LaneRetries(context, lane, health, owners::weight);
    admission = new Admission(model, context, lane, owners, gate, health, new Elsewhere());
    attempts = new LaneAttempts(model, context, store, running, this, settling::begin, this::ended);
    startRate = new StartRate(context.nowNanos());
    figures = context.figures().of(model);
    lastStartNanos = context.nowNanos() - startIntervalNanos();
    owners.onFree(this::free);
    quota.onChange(this::lookSoon);
  }

  /** Whose calls these are. */
  String model() {
    return model;
  }

  /** Where it is counted what waits and is called here. */
  EngineFigures.Model figures() {
    return figures;
  }

  /** Queues an item that has jobs to draw. */
  void add(ActiveItem item) {
    admission.add(item);
    request();
  }

  /** So many jobs of an item that waits here are not to be drawn any more. */
  void withdrawn(int jobs) {
    admission.withdrawn(jobs);
    request();
  }

  /** {@code owner} may be asked about again. */
  void free(Owner owner) {
    lane.free(owner);
    if (lane.peek() != null) {
      request();
    }
  }

  /** Runs {@code retry} when the budget allows it. */
  void whenBudgeted(ActiveItem whose, Runnable retry) {
    retries.whenBudgeted(whose, retry);
  }

  /** Why the breaker is open; empty while it is not. */
  Optional<JobError> failure() {
    return health.failure();
  }

  /** Something may be startable: looks now, or when the start interval has passed. */
  private void request() {
    long sinceNanos = context.nowNanos() - lastStartNanos;
    requestIn(startIntervalNanos() - sinceNanos);
  }

  private void requestIn(long waitNanos) {
    long at = context.nowNanos() + Math.max(0, waitNanos);
    if (scheduled && scheduledForNanos - at <= 0) {
      return;
    }
    scheduled = true;
    scheduledForNanos = at;
    var unused =
        context.after(Duration.ofNanos(Math.max(0, waitNanos)), Unforeseen.guarded(() -> pump(at)));
  }

  private void pump(long at) {
    if (!scheduled || scheduledForNanos != at || context.stopping().getAsBoolean()) {
      return;
    }
    scheduled = false;
    // Set before asking, so that no release between the answer and here goes unheard.
    inFlightFull = true;
    long now = context.nowNanos();
    Admission.Admitted admitted = admission.admit(now);
    admitted.lookAgainNanos().ifPresent(this::requestIn);
    inFlightFull = admitted.inFlightFull();
    List<Start> starts = admitted.starts();
    if (!starts.isEmpty()) {
      startRate.started(starts.size());
      lastStartNanos = now;
      starts.forEach(start -> start.item().waitsNoMore(1));
      if (lane.peek() != null) {
        request();
      }
      attempts.begin(starts);
    }
  }

  private void ended(Start start, Verdict verdict, CallReport report, long usedTokens) {
    admission.ended(start, usedTokens);
    retries.ended(report);
    settling.settle(this, start.item(), start.job(), verdict);
  }

  private final class Elsewhere implements Admission.Diversion {
    @Override
    public Optional<String> instead(ActiveItem item) {
      return settling.instead(LanePump.this, item);
    }

    @Override
    public void divert(ActiveItem item, JobId job, String modelId) {
      var then = new Verdict.LookAgain(Duration.ZERO);
      settling.settle(LanePump.this, item, job, new Verdict.Reroute(modelId, false, then));
    }
  }

  @Override
  public Optional<Duration> callStarts(boolean probe) {
    Optional<Duration> limit = health.callStarts(probe);
    if (probe) {
      // For the next probe.
      lookSoon();
    }
    return limit;
  }

  @Override
  public void hinted(List<RateHint> hints) {
    hints.forEach(hint -> lane.quota().hint(hint, context.nowNanos()));
  }

  /** As soon as it is known: the next call need not wait for the record. */
  @Override
  public void report(CallReport report, boolean probe, long tookNanos, Optional<JobError> error) {
    boolean wasFull = inFlightFull;
    boolean mayDraw = health.report(report, probe, tookNanos, error);
    if (wasFull || mayDraw) {
      lookSoon();
    }
  }

  private void lookSoon() {
    context
        .scheduler()
        .soon(
            Unforeseen.guarded(
                () -> {
                  retries.look();
                  request();
                }));
  }

  /** To be called every second or so. */
  void tick() {
    startsPerSecond = startRate.perSecond(context.nowNanos());
  }

  /** Whether there is anything about the lane that callers may want to know. */
  boolean isTelling() {
    return !lane.isEmpty() || health.failure().isPresent();
  }

  /** What waits here and why, as somebody else may read it. */
  LaneSnapshot snapshot(String worker, Instant now, LaneFigures lately) {
    LaneQueues queues = LaneQueues.of(lane);
    return new LaneSnapshot(
        model,
        worker,
        now,
        queues.longest(),
        queues.others(),
        binding(),
        startsPerSecond,
        health.usualLatency(),
        lately);
  }

  private Optional<Binding> binding() {
    Optional<JobError> failing = health.failure();
    if (failing.isPresent()) {
      return Optional.of(
          new Binding(
              LaneSnapshot.BREAKER_OPEN,
              Optional.empty(),
              health.failingSince(),
              failing.map(JobError::code)));
    }
    return lane.isEmpty() ? Optional.empty() : admission.binding();
  }

  private long startIntervalNanos() {
    return context.config().startInterval().toNanos();
  }
}
