package io.promptbeam.job;

import io.promptbeam.job.Transition.Moved;
import io.promptbeam.job.Transition.Reason;
import io.promptbeam.job.Transition.Refused;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A job's changing half, and the state machine over it. Pure: no clock, no I/O; who applies an
 * event passes the time and writes the result by compare-and-set.
 *
 * @param attempt calls begun so far
 * @param lease present exactly while {@code PROCESSING}
 * @param notBefore no call before it; set by a retry
 * @param startedAt when the current or last attempt was claimed
 * @param cancelRequested somebody asked to cancel while a call was in flight
 * @param ending present exactly when the state is terminal
 * @param lastError of the latest failed attempt, kept while the job waits to be retried
 * @param erased payload and result are gone; only ended jobs are erased
 * @param calls made so far, as far as their ends were recorded
 * @param route at which model of its chain it is
 */
public record JobRun(
    JobState state,
    int attempt,
    Optional<Lease> lease,
    Optional<Instant> notBefore,
    Optional<Instant> startedAt,
    boolean cancelRequested,
    Optional<Ending> ending,
    Optional<JobError> lastError,
    boolean erased,
    List<CallRecord> calls,
    Route route) {

  /** For the record of a call that ended at the deadline. */
  private static final Duration LEASE_BEYOND_DEADLINE = Duration.ofSeconds(5);

  private static final Optional<String> INVALID_OUTPUT = Optional.of(ErrorCodes.INVALID_OUTPUT);

  public static final JobRun NEW =
      new JobRun(
          JobState.PENDING,
          0,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.empty(),
          Optional.empty(),
          false);

  /** One whose calls nobody recorded. */
  public JobRun(
      JobState state,
      int attempt,
      Optional<Lease> lease,
      Optional<Instant> notBefore,
      Optional<Instant> startedAt,
      boolean cancelRequested,
      Optional<Ending> ending,
      Optional<JobError> lastError,
      boolean erased) {
    this(
        state,
        attempt,
        lease,
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        List.of());
  }

  /** One at its own model. */
  public JobRun(
      JobState state,
      int attempt,
      Optional<Lease> lease,
      Optional<Instant> notBefore,
      Optional<Instant> startedAt,
      boolean cancelRequested,
      Optional<Ending> ending,
      Optional<JobError> lastError,
      boolean erased,
      List<CallRecord> calls) {
    this(
        state,
        attempt,
        lease,
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        calls,
        Route.HOME);
  }

  public JobRun {
    calls = List.copyOf(calls);
    if (lease.isPresent() != (state == JobState.PROCESSING)) {
      throw new IllegalArgumentException("a lease goes with processing, and with nothing else");
    }
    if (ending.isPresent() != state.isTerminal()) {
      throw new IllegalArgumentException("an ending goes with a terminal state, and only with it");
    }
  }

  /** What {@code event} at {@code now} does to this run of a job with {@code limits}. */
  public Transition apply(JobEvent event, JobLimits limits, Instant now) {
    if (event instanceof JobEvent.Erase) {
      return erase();
    }
    if (state.isTerminal()) {
      return new Refused(Reason.TERMINAL);
    }
    if (event instanceof JobEvent.Claim claim) {
      return claim(claim, limits, now);
    } else if (event instanceof JobEvent.Renew renew) {
      return holds(renew.token())
          ? new Moved(leased(lease(renew.token(), renew.leaseFor(), limits, now)))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Complete done) {
      return holds(done.token())
          ? new Moved(with(done.calls()).ended(JobState.COMPLETED, now, Optional.empty()))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Fail fail) {
      return holds(fail.token())
          ? new Moved(with(fail.calls()).ended(JobState.FAILED, now, Optional.of(fail.error())))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Retry retry) {
      return holds(retry.token())
          ? with(retry.calls()).retry(retry, limits, now)
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Reroute reroute) {
      return holds(reroute.token())
          ? with(reroute.calls()).reroute(reroute, limits, now)
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.CompleteFromCache cache) {
      return leaseIsLive(now)
          ? new Refused(Reason.LEASE_HELD)
          : cancelRequested ? new Moved(cancelled(now)) : new Moved(fromCache(cache.answer(), now));
    } else if (event instanceof JobEvent.Release release) {
      return holds(release.token()) ? release(release, now) : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Abort abort) {
      return holds(abort.token()) ? new Moved(cancelled(now)) : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.RequestCancel) {
      return requestCancel(now);
    } else if (event instanceof JobEvent.Expire) {
      return expire(limits, now);
    } else if (event instanceof JobEvent.GiveUp given) {
      return giveUp(given, limits, now);
    } else if (event instanceof JobEvent.Reject reject) {
      return leaseIsLive(now)
          ? new Refused(Reason.LEASE_HELD)
          : new Moved(ended(JobState.FAILED, now, Optional.of(reject.error())));
    }
    throw new IllegalArgumentException("no transition for " + event);
  }

  private Transition claim(JobEvent.Claim claim, JobLimits limits, Instant now) {
    if (leaseIsLive(now)) {
      return new Refused(Reason.LEASE_HELD);
    }
    if (cancelRequested) {
      return new Moved(cancelled(now));
    }
    if (!now.isBefore(limits.deadline())) {
      return new Refused(Reason.DEADLINE_PASSED);
    }
    if (notBefore(limits).filter(now::isBefore).isPresent()) {
      return new Refused(Reason.NOT_DUE);
    }
    if (attempt >= limits.maxAttempts()) {
      return new Refused(Reason.ATTEMPTS_EXHAUSTED);
    }
    return new Moved(
        new JobRun(
            JobState.PROCESSING,
            attempt + 1,
            Optional.of(lease(claim.token(), claim.leaseFor(), limits, now)),
            Optional.empty(),
            Optional.of(now),
            false,
            Optional.empty(),
            lastError,
            false,
            calls,
            claim.route().orElse(route)));
  }

  /** No longer than somebody may be calling, and recording: else it would hold up the expiry. */
  private static Lease lease(String token, Duration leaseFor, JobLimits limits, Instant now) {
    Instant end = now.plus(leaseFor);
    Instant latest = limits.deadline().plus(LEASE_BEYOND_DEADLINE);
    return new Lease(token, end.isBefore(latest) ? end : latest);
  }

  private Transition retry(JobEvent.Retry retry, JobLimits limits, Instant now) {
    if (cancelRequested) {
      return new Moved(cancelled(now));
    }
    if (attempt >= limits.maxAttempts()) {
      return new Moved(ended(JobState.FAILED, now, Optional.of(retry.error())));
    }
    if (!retry.notBefore().isBefore(limits.deadline())) {
      return new Moved(expired(now, Optional.of(retry.error())));
    }
    return new Moved(
        waiting(attempt, Optional.of(retry.notBefore()), Optional.of(retry.error()), route));
  }

  private Transition reroute(JobEvent.Reroute reroute, JobLimits limits, Instant now) {
    if (cancelRequested) {
      return new Moved(cancelled(now));
    }
    if (reroute.called() && attempt >= limits.maxAttempts()) {
      return new Moved(ended(JobState.FAILED, now, Optional.of(reroute.why())));
    }
    if (reroute.notBefore().filter(next -> !next.isBefore(limits.deadline())).isPresent()) {
      return new Moved(expired(now, Optional.of(reroute.why())));
    }
    return new Moved(
        waiting(
            reroute.called() ? attempt : attempt - 1,
            reroute.notBefore(),
            Optional.of(reroute.why()),
            reroute.route()));
  }

  private JobRun waiting(
      int attempts, Optional<Instant> until, Optional<JobError> because, Route at) {
    return new JobRun(
        JobState.PENDING,
        attempts,
        Optional.empty(),
        until,
        startedAt,
        false,
        Optional.empty(),
        because,
        false,
        calls,
        at);
  }

  private Transition release(JobEvent.Release release, Instant now) {
    if (cancelRequested) {
      return new Moved(cancelled(now));
    }
    return new Moved(
        waiting(attempt - 1, Optional.empty(), release.why().or(() -> lastError), route));
  }

  private Transition requestCancel(Instant now) {
    if (state == JobState.PENDING || !leaseIsLive(now)) {
      return new Moved(cancelled(now));
    }
    if (cancelRequested) {
      return new Refused(Reason.NO_CHANGE);
    }
    return new Moved(
        new JobRun(
            state, attempt, lease, notBefore, startedAt, true, ending, lastError, erased, calls,
            route));
  }

  private Transition expire(JobLimits limits, Instant now) {
    if (now.isBefore(limits.deadline())) {
      return new Refused(Reason.DEADLINE_NOT_PASSED);
    }
    if (leaseIsLive(now)) {
      return new Refused(Reason.LEASE_HELD);
    }
    return new Moved(expired(now, lastError));
  }

  private Transition giveUp(JobEvent.GiveUp given, JobLimits limits, Instant now) {
    if (leaseIsLive(now.minus(given.grace()))) {
      return new Refused(Reason.LEASE_HELD);
    }
    if (attempt < limits.maxAttempts()) {
      return new Refused(Reason.ATTEMPTS_LEFT);
    }
    String text = "All " + attempt + " attempts ended with their worker, without an answer.";
    JobError error = JobError.of(ErrorCodes.POISON, text);
    return new Moved(ended(JobState.FAILED, now, Optional.of(error)));
  }

  private Transition erase() {
    if (!state.isTerminal()) {
      return new Refused(Reason.NOT_TERMINAL);
    }
    if (erased) {
      return new Refused(Reason.NO_CHANGE);
    }
    return new Moved(
        new JobRun(
            state,
            attempt,
            lease,
            notBefore,
            startedAt,
            cancelRequested,
            ending,
            lastError,
            true,
            calls,
            route));
  }

  /** The model that answered; empty until the job has completed. */
  public Optional<String> servedBy(JobSpec spec) {
    if (state != JobState.COMPLETED) {
      return Optional.empty();
    }
    Optional<String> cached = ending.flatMap(Ending::cached).map(CachedAnswer::servedBy);
    return cached.or(() -> route.modelId()).or(() -> Optional.of(spec.modelId()));
  }

  /** Whether the answer took a second call, because the first one's did not meet its schema. */
  public boolean repaired() {
    return state == JobState.COMPLETED
        && calls.stream().anyMatch(call -> call.errorCode().equals(INVALID_OUTPUT));
  }

  /** No call starts before it: what a retry waits for, or else what the submission asked for. */
  public Optional<Instant> notBefore(JobLimits limits) {
    return notBefore.or(limits::notBefore);
  }

  /** Whether this run is leased under {@code token}, expired or not. */
  public boolean holds(String token) {
    return lease.isPresent() && lease.get().token().equals(token);
  }

  public boolean leaseIsLive(Instant now) {
    return lease.isPresent() && now.isBefore(lease.get().expiresAt());
  }

  private JobRun leased(Lease renewed) {
    return new JobRun(
        state,
        attempt,
        Optional.of(renewed),
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        calls,
        route);
  }

  private JobRun cancelled(Instant now) {
    JobError error =
        JobError.of(ErrorCodes.CANCELLED, "The job was cancelled at its owner's wish.");
    return ended(JobState.CANCELLED, now, Optional.of(error));
  }

  private JobRun expired(Instant now, Optional<JobError> cause) {
    String because = cause.map(e -> " The last attempt failed: " + e.message()).orElse("");
    JobError error =
        new JobError(
            ErrorCodes.DEADLINE_EXCEEDED,
            "The deadline passed before the job could complete." + because,
            cause.flatMap(JobError::providerStatus));
    return ended(JobState.EXPIRED, now, Optional.of(error));
  }

  /** This run after more calls, whatever they came to. */
  private JobRun with(List<CallRecord> more) {
    return more.isEmpty()
        ? this
        : new JobRun(
            state,
            attempt,
            lease,
            notBefore,
            startedAt,
            cancelRequested,
            ending,
            lastError,
            erased,
            Stream.concat(calls.stream(), more.stream()).toList(),
            route);
  }

  private JobRun fromCache(CachedAnswer answer, Instant now) {
    // What other calls cost before stays to be paid; the answer itself costs nothing.
    return ended(
        JobState.COMPLETED,
        new Ending(
            now,
            Optional.of(usage().orElse(Usage.NONE)),
            Optional.of(costUsd().orElse(BigDecimal.ZERO)),
            Optional.empty(),
            Optional.of(answer)));
  }

  private JobRun ended(JobState terminal, Instant now, Optional<JobError> error) {
    return ended(terminal, new Ending(now, usage(), costUsd(), error));
  }

  /** All calls are paid for, not only the one that answered. */
  private Optional<Usage> usage() {
    return calls.stream().flatMap(call -> call.usage().stream()).reduce(Usage::plus);
  }

  private Optional<BigDecimal> costUsd() {
    return calls.stream().flatMap(call -> call.costUsd().stream()).reduce(BigDecimal::add);
  }

  private JobRun ended(JobState terminal, Ending how) {
    return new JobRun(
        terminal,
        attempt,
        Optional.empty(),
        Optional.empty(),
        startedAt,
        cancelRequested,
        Optional.of(how),
        lastError,
        false,
        calls,
        route);
  }
}
