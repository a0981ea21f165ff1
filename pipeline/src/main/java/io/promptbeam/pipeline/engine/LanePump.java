package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
  private static final long FULL_LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long OPEN_LOOK_NANOS = Duration.ofMillis(500).toNanos();

  /** Where attempts end. */
  interface Settling {
    /** Called once per start, on the loop. */
    void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict);
  }

  private record Start(ActiveItem item, JobId job, Permit permit, boolean probe) {}

  private final String model;
  private final AttemptContext context;
  private final JobStore store;
  private final Set<Attempt> attempts;
  private final Settling settling;
  private final Lane lane;
  private final CircuitBreaker breaker;
  private final RetryBudget retries;
  private long waitingJobs;
  private long lastStartNanos;
  private long scheduledForNanos;
  private boolean scheduled;
  private boolean retriesScheduled;
  private volatile boolean inFlightFull;
  private volatile Optional<JobError> lastFailure = Optional.empty();
  private final AtomicBoolean openIsKnown = new AtomicBoolean();

  /**
   * @param attempts where attempts are noted while they run; thread-safe
   */
  LanePump(
      String model,
      AttemptContext context,
      JobStore store,
      Quota quota,
      Set<Attempt> attempts,
      Settling settling) {
    this.model = model;
    this.context = context;
    this.store = store;
    this.attempts = attempts;
    this.settling = settling;
    lane = new Lane(quota);
    quota.onChange(this::lookSoon);
    breaker = new CircuitBreaker(CircuitBreaker.Settings.DEFAULT, context.random());
    retries = new RetryBudget(RetryBudget.Settings.DEFAULT, context.nowNanos());
    lastStartNanos = context.nowNanos() - startIntervalNanos();
  }

  /** Queues an item that has jobs to draw. */
  void add(ActiveItem item) {
    waitingJobs += item.undrawn();
    lane.add(item);
    request();
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
        return false;
      }
      long breakerWait = breaker.waitNanos(now);
      if (breakerWait > 0) {
        noteBreaker();
        if (breakerWait != CircuitBreaker.UNTIL_REPORT) {
          requestIn(breakerWait);
        }
        return false;
      }
      tokens += item.item().tokensPerCall();
      var acquisition = lane.quota().tryAcquire(estimate(item.item()), now);
      if (acquisition instanceof Quota.Acquisition.Wait wait) {
        if (wait.nanos() == Long.MAX_VALUE) {
          // Calls that hang end nothing: look now and then whether they do.
          requestIn(FULL_LOOK_NANOS);
          return true;
        }
        requestIn(Math.max(wait.nanos(), startIntervalNanos()));
        return false;
      }
      Permit permit = ((Quota.Acquisition.Granted) acquisition).permit();
      waitingJobs--;
      starts.add(new Start(item, item.draw(), permit, breaker.drawn()));
      lane.turnTaken(item);
    }
    return false;
  }

  private static TokenAmount estimate(WorkItem item) {
    long output = item.outputTokensPerCall();
    return new TokenAmount(item.tokensPerCall() - output, output);
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
    Attempt attempt =
        new Attempt(
            context,
            start.job(),
            new LanePermit(start.permit(), start.probe(), this, context),
            (verdict, report) -> {
              attempts.remove(self[0]);
              context.scheduler().soon(Unforeseen.guarded(() -> settle(start, verdict, report)));
            });
    self[0] = attempt;
    attempts.add(attempt);
    return attempt;
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

  private long startIntervalNanos() {
    return context.config().startInterval().toNanos();
  }
}
