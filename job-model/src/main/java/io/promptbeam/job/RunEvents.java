package io.promptbeam.job;

import io.promptbeam.job.Transition.Moved;
import io.promptbeam.job.Transition.Reason;
import io.promptbeam.job.Transition.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The state machine of {@link JobRun}: what an event at {@code now} does to {@code run}. Pure. */
record RunEvents(JobRun run, JobLimits limits, Instant now) {
  /** For the record of a call that ended at the deadline. */
  private static final Duration LEASE_BEYOND_DEADLINE = Duration.ofSeconds(5);

  Transition apply(JobEvent event) {
    if (event instanceof JobEvent.Erase) {
      return erase();
    }
    if (run.state().isTerminal()) {
      return new Refused(Reason.TERMINAL);
    }
    if (event instanceof JobEvent.Claim claim) {
      return claim(claim);
    } else if (event instanceof JobEvent.Renew renew) {
      return run.holds(renew.token())
          ? new Moved(run.leased(lease(renew.token(), renew.leaseFor())))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Complete done) {
      return run.holds(done.token())
          ? new Moved(run.with(done.calls()).ended(JobState.COMPLETED, now, Optional.empty()))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Fail fail) {
      return run.holds(fail.token())
          ? new Moved(run.with(fail.calls()).ended(JobState.FAILED, now, Optional.of(fail.error())))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Retry retry) {
      return run.holds(retry.token())
          ? new Moved(retried(run.with(retry.calls()), retry))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Reroute reroute) {
      return run.holds(reroute.token())
          ? new Moved(rerouted(run.with(reroute.calls()), reroute))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.CompleteFromCache cache) {
      if (run.leaseIsLive(now)) {
        return new Refused(Reason.LEASE_HELD);
      }
      return new Moved(
          run.cancelRequested() ? run.cancelled(now) : run.fromCache(cache.answer(), now));
    } else if (event instanceof JobEvent.Release release) {
      return run.holds(release.token())
          ? new Moved(released(release))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.Abort abort) {
      return run.holds(abort.token())
          ? new Moved(run.cancelled(now))
          : new Refused(Reason.TOKEN_LOST);
    } else if (event instanceof JobEvent.RequestCancel) {
      return requestCancel();
    } else if (event instanceof JobEvent.Expire) {
      return expire();
    } else if (event instanceof JobEvent.GiveUp given) {
      return giveUp(given);
    } else if (event instanceof JobEvent.Reject reject) {
      return run.leaseIsLive(now)
          ? new Refused(Reason.LEASE_HELD)
          : new Moved(run.ended(JobState.FAILED, now, Optional.of(reject.error())));
    }
    throw new IllegalArgumentException("no transition for " + event);
  }

  private Transition claim(JobEvent.Claim claim) {
    if (run.leaseIsLive(now)) {
      return new Refused(Reason.LEASE_HELD);
    }
    if (run.cancelRequested()) {
      return new Moved(run.cancelled(now));
    }
    if (!now.isBefore(limits.deadline())) {
      return new Refused(Reason.DEADLINE_PASSED);
    }
    if (run.notBefore(limits).filter(now::isBefore).isPresent()) {
      return new Refused(Reason.NOT_DUE);
    }
    if (run.attempt() >= limits.maxAttempts()) {
      return new Refused(Reason.ATTEMPTS_EXHAUSTED);
    }
    Lease lease = lease(claim.token(), claim.leaseFor());
    return new Moved(run.claimed(lease, claim.route().orElse(run.route()), now));
  }

  /** No longer than somebody may be calling, and recording: else it would hold up the expiry. */
  private Lease lease(String token, Duration leaseFor) {
    Instant end = now.plus(leaseFor);
    Instant latest = limits.deadline().plus(LEASE_BEYOND_DEADLINE);
    return new Lease(token, end.isBefore(latest) ? end : latest);
  }

  private JobRun retried(JobRun called, JobEvent.Retry retry) {
    Optional<JobError> why = Optional.of(retry.error());
    if (called.cancelRequested()) {
      return called.cancelled(now);
    }
    if (called.attempt() >= limits.maxAttempts()) {
      return called.ended(JobState.FAILED, now, why);
    }
    if (!retry.notBefore().isBefore(limits.deadline())) {
      return called.expired(now, why);
    }
    return called.waiting(called.attempt(), Optional.of(retry.notBefore()), why, called.route());
  }

  private JobRun rerouted(JobRun called, JobEvent.Reroute reroute) {
    Optional<JobError> why = Optional.of(reroute.why());
    if (called.cancelRequested()) {
      return called.cancelled(now);
    }
    if (reroute.called() && called.attempt() >= limits.maxAttempts()) {
      return called.ended(JobState.FAILED, now, why);
    }
    if (reroute.notBefore().filter(next -> !next.isBefore(limits.deadline())).isPresent()) {
      return called.expired(now, why);
    }
    int attempts = reroute.called() ? called.attempt() : called.attempt() - 1;
    return called.waiting(attempts, reroute.notBefore(), why, reroute.route());
  }

  private JobRun released(JobEvent.Release release) {
    if (run.cancelRequested()) {
      return run.cancelled(now);
    }
    Optional<JobError> why = release.why().or(run::lastError);
    return run.waiting(run.attempt() - 1, Optional.empty(), why, run.route());
  }

  private Transition requestCancel() {
    if (run.state() == JobState.PENDING || !run.leaseIsLive(now)) {
      return new Moved(run.cancelled(now));
    }
    return run.cancelRequested() ? new Refused(Reason.NO_CHANGE) : new Moved(run.toBeCancelled());
  }

  private Transition expire() {
    if (now.isBefore(limits.deadline())) {
      return new Refused(Reason.DEADLINE_NOT_PASSED);
    }
    if (run.leaseIsLive(now)) {
      return new Refused(Reason.LEASE_HELD);
    }
    return new Moved(run.expired(now, run.lastError()));
  }

  private Transition giveUp(JobEvent.GiveUp given) {
    if (run.leaseIsLive(now.minus(given.grace()))) {
      return new Refused(Reason.LEASE_HELD);
    }
    if (run.attempt() < limits.maxAttempts()) {
      return new Refused(Reason.ATTEMPTS_LEFT);
    }
    String text = "All " + run.attempt() + " attempts ended with their worker, without an answer.";
    JobError error = JobError.of(ErrorCodes.POISON, text);
    return new Moved(run.ended(JobState.FAILED, now, Optional.of(error)));
  }

  private Transition erase() {
    if (!run.state().isTerminal()) {
      return new Refused(Reason.NOT_TERMINAL);
    }
    return run.erased() ? new Refused(Reason.NO_CHANGE) : new Moved(run.withoutPayload());
  }
}
