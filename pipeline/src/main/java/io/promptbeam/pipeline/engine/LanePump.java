package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one lane's calls out as quota and circuit breaker allow, and holds its retries to their
 * budget. Owned by the engine's loop, but for what {@link LanePermit.Lane} has.
 */
final class LanePump implements LanePermit.Lane {
  /** About 8 MB of prompts, at four characters a token. */
  private static final long MAX_TOKENS_PER_READ = 2_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);
  private static final JobError STALLED =
      JobError.of(ErrorCodes.TIMEOUT, "the provider has stopped answering");

  /** In a snapshot, one by one; a queue is some hundred bytes. */
  private static final int OWNERS_TOLD = 100;

  private static final long FULL_LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long OPEN_LOOK_NANOS = Duration.ofMillis(500).toNanos();

  /** Where attempts end. */
  interface Settling {
    /** Called once per start, on the loop. */
    void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict);

    /** Another model that may be asked while this lane's fails; on the loop. */
    Optional<String> instead(LanePump lane, ActiveItem item);
  }

  /**
   * A job that was drawn.
   *
   * @param refusal why it is to end uncalled
   */
  private record Start(
      ActiveItem item,
      JobId job,
      Permit permit,
      Turns.Turn turn,
      boolean probe,
      OwnerGate.Reservation reservation,
      Optional<JobError> refusal) {}

  /** Of jobs that are refused: they use nothing, and say nothing about the provider. */
  private static final Permit NO_CALL =
      new Permit() {
        @Override
        public void succeeded(TokenAmount used, long nowNanos) {}

        @Override
        public void spent(long nowNanos) {}

        @Override
        public void ignored(long nowNanos) {}

        @Override
        public void throttled(Duration pauseFor, long nowNanos) {}
      };

  private static final LanePermit.Lane UNAFFECTED =
      new LanePermit.Lane() {
        @Override
        public Optional<Duration> callStarts(boolean probe) {
          return Optional.empty();
        }

        @Override
        public void report(
            CallReport report, boolean probe, long tookNanos, Optional<JobError> error) {}

        @Override
        public void hinted(List<RateHint> hints) {}
      };

  private final String model;
  private final AttemptContext context;
  private final JobStore store;
  private final Set<Attempt> attempts;
  private final Settling settling;
  private final OwnerCalls owners;
  private final OwnerGate gate;
  private final Lane lane;
  private final CircuitBreaker breaker;
  private final RetryBudget retries;
  private final StartRate startRate;
  private Optional<Binding> binding = Optional.empty();
  private volatile Optional<Instant> openSince = Optional.empty();
  private long waitingJobs;

  /** Why the owner that was passed over last has no turn. */
  private String heldBy = LaneSnapshot.OWNER_IN_FLIGHT;

  private long lastStartNanos;
  private long scheduledForNanos;
  private boolean scheduled;
  private boolean retriesScheduled;
  private volatile boolean inFlightFull;
  private volatile Optional<JobError> lastFailure = Optional.empty();
  private final AtomicBoolean openIsKnown = new AtomicBoolean();

  /**
   * @param owners shared by the lanes of an engine
   * @param attempts where attempts are noted while they run; thread-safe
   */
  LanePump(
      String model,
      AttemptContext context,
      JobStore store,
      Quota quota,
      OwnerCalls owners,
      OwnerGate gate,
      Set<Attempt> attempts,
      Settling settling) {
    this.model = model;
    this.context = context;
    this.store = store;
    this.attempts = attempts;
    this.settling = settling;
    this.owners = owners;
    this.gate = gate;
    lane = new Lane(quota, owners::weight);
    owners.onFree(this::free);
    quota.onChange(this::lookSoon);
    breaker = new CircuitBreaker(CircuitBreaker.Settings.DEFAULT, context.random());
    retries = new RetryBudget(RetryBudget.Settings.DEFAULT, owners::weight, context.nowNanos());
    startRate = new StartRate(context.nowNanos());
    lastStartNanos = context.nowNanos() - startIntervalNanos();
  }

  /** Whose calls these are. */
  String model() {
    return model;
  }

  /** Queues an item that has jobs to draw. */
  void add(ActiveItem item) {
    waitingJobs += item.undrawn();
    lane.add(item, context.clock().millis());
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
    retries.add(whose.item(), retry);
    lookAfterRetries();
  }

  /** Why the breaker is open; empty while it is not. */
  Optional<JobError> failure() {
    return breaker.isOpen() ? Optional.of(lastFailure.orElse(STALLED)) : Optional.empty();
  }

  @Override
  public Optional<Duration> callStarts(boolean probe) {
    Optional<Duration> limit = breaker.started(probe, context.nowNanos());
    if (probe) {
      // For the next probe.
      lookSoon();
    }
    return limit;
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
    List<Start> starts = new ArrayList<>();
    inFlightFull = takeStarts(starts, now);
    if (!starts.isEmpty()) {
      startRate.started(starts.size());
      lastStartNanos = now;
      context.counters().waiting(-starts.size());
      if (lane.peek() != null) {
        request();
      }
      begin(starts);
    }
  }

  /** True when only the end of a call can let another one start. */
  private boolean takeStarts(List<Start> starts, long now) {
    lane.quota().expect(Math.max(1, waitingJobs));
    long tokens = 0;
    while (starts.size() < context.config().maxStartsPerRead() && tokens < MAX_TOKENS_PER_READ) {
      ActiveItem item = lane.peek();
      if (item == null) {
        binding = lane.isEmpty() ? Optional.empty() : bound(heldBy);
        return false;
      }
      if (owners.isAtLimit(item.item().owner())) {
        heldBy = LaneSnapshot.OWNER_IN_FLIGHT;
        lane.hold(item.item().owner());
        continue;
      }
      long breakerWait = breaker.waitNanos(now);
      if (breakerWait > 0) {
        noteBreaker();
        Optional<String> instead = settling.instead(this, item);
        if (instead.isPresent()) {
          divert(item, instead.get());
          continue;
        }
        if (breakerWait != CircuitBreaker.UNTIL_REPORT) {
          requestIn(breakerWait);
        }
        return false;
      }
      var answer = gate.tryStart(item.item().owner(), item.item().modelId(), estimate(item.item()));
      if (answer instanceof OwnerGate.Answer.Wait) {
        heldBy = LaneSnapshot.BUDGET;
        lane.hold(item.item().owner());
        continue;
      }
      tokens += item.item().tokensPerCall();
      if (answer instanceof OwnerGate.Answer.Refused refused) {
        starts.add(
            drawn(item, NO_CALL, false, OwnerGate.Reservation.NONE, Optional.of(refused.error())));
        continue;
      }
      var reservation = ((OwnerGate.Answer.Open) answer).reservation();
      var acquisition = lane.quota().tryAcquire(estimate(item.item()), now);
      if (acquisition instanceof Quota.Acquisition.Wait wait) {
        binding = binding(wait);
        reservation.settle(BigDecimal.ZERO);
        if (wait.nanos() == Long.MAX_VALUE) {
          // Calls that hang end nothing: look now and then whether they do.
          requestIn(FULL_LOOK_NANOS);
          return true;
        }
        requestIn(Math.max(wait.nanos(), startIntervalNanos()));
        return false;
      }
      Permit permit = ((Quota.Acquisition.Granted) acquisition).permit();
      binding = Optional.empty();
      starts.add(drawn(item, permit, breaker.drawn(), reservation, Optional.empty()));
    }
    return false;
  }

  private Start drawn(
      ActiveItem item,
      Permit permit,
      boolean probe,
      OwnerGate.Reservation reservation,
      Optional<JobError> refusal) {
    waitingJobs--;
    JobId job = item.draw();
    Turns.Turn turn = lane.turnTaken(item);
    owners.began(turn.charge().owner());
    return new Start(item, job, permit, turn, probe, reservation, refusal);
  }

  private static TokenAmount estimate(WorkItem item) {
    long output = item.outputTokensPerCall();
    return new TokenAmount(item.tokensPerCall() - output, output);
  }

  /** What need not wait for the provider to be back goes on at another one. */
  private void divert(ActiveItem item, String modelId) {
    JobId job = item.draw();
    waitingJobs--;
    // It costs its owner nothing here.
    lane.settle(lane.turnTaken(item), 0);
    context.counters().waiting(-1);
    var then = new Verdict.LookAgain(Duration.ZERO);
    settling.settle(this, item, job, new Verdict.Reroute(modelId, false, then));
  }

  private void begin(List<Start> starts) {
    List<JobId> ids = new ArrayList<>(starts.size());
    List<Attempt> begun = new ArrayList<>(starts.size());
    for (Start start : starts) {
      ids.add(start.job());
      begun.add(attempt(start));
    }
    var unused =
        store
            .read(ids, Set.of(JobStore.Part.REQUEST))
            .whenComplete(
                (found, failure) -> {
                  for (int i = 0; i < ids.size(); i++) {
                    if (failure != null) {
                      begun.get(i).storeFailed(failure);
                    } else {
                      begin(
                          starts.get(i),
                          begun.get(i),
                          Optional.<Job>ofNullable(found.get(ids.get(i))));
                    }
                  }
                });
  }

  private static void begin(Start start, Attempt attempt, Optional<Job> found) {
    if (found.isPresent()
        && start.item().item() instanceof SingleJob single
        && !isTrue(single, found.get().spec())) {
      attempt.misaddressed(found.get());
    } else if (start.refusal().isPresent()) {
      attempt.refuse(found, start.refusal().get());
    } else {
      attempt.begin(found);
    }
  }

  /** Anybody who may publish can write a reference; the row is what counts. */
  private static boolean isTrue(SingleJob item, JobSpec spec) {
    return item.modelId().equals(spec.modelId())
        && item.owner().equals(spec.owner())
        && item.priority() == spec.limits().priority();
  }

  private Attempt attempt(Start start) {
    Attempt[] self = new Attempt[1];
    LanePermit.Lane told = start.refusal().isPresent() ? UNAFFECTED : this;
    var permit = new LanePermit(start.permit(), start.probe(), start.reservation(), told, context);
    Attempt attempt =
        new Attempt(
            context,
            start.job(),
            model,
            permit,
            (verdict, report) -> {
              attempts.remove(self[0]);
              start.reservation().settle(permit.costUsd());
              context
                  .scheduler()
                  .soon(
                      Unforeseen.guarded(
                          () -> {
                            lane.settle(start.turn(), permit.usedTokens());
                            owners.ended(start.turn().charge().owner());
                            settle(start, verdict, report);
                          }));
            });
    self[0] = attempt;
    attempts.add(attempt);
    return attempt;
  }

  @Override
  public void hinted(List<RateHint> hints) {
    hints.forEach(hint -> lane.quota().hint(hint, context.nowNanos()));
  }

  /** As soon as it is known: the next call need not wait for the record. */
  @Override
  public void report(CallReport report, boolean probe, long tookNanos, Optional<JobError> error) {
    boolean look = inFlightFull;
    switch (report) {
      case ANSWERED, RETRY_ANSWERED -> look |= breaker.answered(tookNanos, context.nowNanos());
      case REFUSED -> look |= breaker.refused(context.nowNanos());
      case FAILED -> {
        lastFailure = error;
        breaker.failed(context.nowNanos());
      }
      case GIVEN_UP -> breaker.givenUp();
      case NOT_CALLED -> look |= breaker.notCalled(probe);
    }
    noteBreaker();
    if (report == CallReport.ANSWERED || report == CallReport.RETRY_ANSWERED) {
      lastFailure = Optional.empty();
    }
    if (look) {
      lookSoon();
    }
  }

  private void lookSoon() {
    context
        .scheduler()
        .soon(
            Unforeseen.guarded(
                () -> {
                  lookAfterRetries();
                  request();
                }));
  }

  /**
   * A line when it opens and one when it closes; the code only, for the text may quote a prompt.
   */
  private void noteBreaker() {
    Optional<JobError> failing = failure();
    if (openIsKnown.compareAndSet(failing.isEmpty(), failing.isPresent())) {
      openSince = failing.map(error -> context.clock().instant());
      if (failing.isPresent()) {
        LOG.warn(
            "model {}: its provider fails ({}), calls are probes", model, failing.get().code());
      } else {
        LOG.info("model {}: its provider answers again", model);
      }
    }
  }

  private void settle(Start start, Verdict verdict, CallReport report) {
    if (report == CallReport.ANSWERED || report == CallReport.RETRY_ANSWERED) {
      retries.earn(report == CallReport.RETRY_ANSWERED, context.nowNanos());
      if (retries.hasWaiting()) {
        lookAfterRetries();
      }
    }
    settling.settle(this, start.item(), start.job(), verdict);
  }

  /**
   * Lets retries go. While the breaker is open they stay: probes are made with jobs that have all
   * their attempts, and only where there are none, with the retry that waits longest.
   */
  private void lookAfterRetries() {
    if (!retries.hasWaiting()) {
      return;
    }
    long now = context.nowNanos();
    long wait;
    if (breaker.isOpen()) {
      if (breaker.waitNanos(now) == 0 && lane.peek() == null) {
        var unused = retries.releaseOne();
      }
      wait = OPEN_LOOK_NANOS;
    } else {
      retries.release(now);
      wait = retries.waitNanos();
    }
    if (retries.hasWaiting() && !retriesScheduled) {
      retriesScheduled = true;
      var unused =
          context.after(
              Duration.ofNanos(wait),
              Unforeseen.guarded(
                  () -> {
                    retriesScheduled = false;
                    lookAfterRetries();
                  }));
    }
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

  /** What waits here and why, as somebody else may read it. To be called every second or so. */
  LaneSnapshot snapshot(String worker, Instant now) {
    Optional<JobError> failing = failure();
    Optional<Binding> binds =
        failing.isPresent()
            ? Optional.of(
                new Binding(
                    LaneSnapshot.BREAKER_OPEN,
                    Optional.empty(),
                    openSince,
                    failing.map(JobError::code)))
            : lane.isEmpty() ? Optional.empty() : binding;
    List<LaneSnapshot.Queue> queues = new ArrayList<>();
    List<LaneSnapshot.Rest> others = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      List<LaneSnapshot.Queue> all = lane.queues(priority);
      int told = Math.min(OWNERS_TOLD, all.size());
      queues.addAll(all.subList(0, told));
      List<LaneSnapshot.Queue> rest = all.subList(told, all.size());
      if (!rest.isEmpty()) {
        others.add(
            new LaneSnapshot.Rest(
                priority,
                rest.size(),
                rest.stream().mapToLong(LaneSnapshot.Queue::jobs).sum(),
                rest.stream().mapToLong(LaneSnapshot.Queue::tokens).sum(),
                rest.stream().mapToLong(LaneSnapshot.Queue::weight).sum()));
      }
    }
    return new LaneSnapshot(
        model,
        worker,
        now,
        queues,
        others,
        binds,
        startRate.perSecond(context.nowNanos()),
        breaker.usual());
  }

  private long startIntervalNanos() {
    return context.config().startInterval().toNanos();
  }
}
