package io.promptbeam.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What can happen to a job. {@link JobRun#apply} says what follows. */
public sealed interface JobEvent {
  /**
   * A worker wants to call.
   *
   * @param route where it calls, when that is not where the job was to be called
   */
  record Claim(String token, Duration leaseFor, Optional<Route> route) implements JobEvent {
    public Claim(String token, Duration leaseFor) {
      this(token, leaseFor, Optional.empty());
    }
  }

  /** The worker under {@code token} is still calling. */
  record Renew(String token, Duration leaseFor) implements JobEvent {}

  /**
   * The call answered.
   *
   * @param calls of this attempt, the answer's last
   */
  record Complete(String token, List<CallRecord> calls) implements JobEvent {
    public Complete {
      calls = List.copyOf(calls);
    }
  }

  /**
   * The call failed for good.
   *
   * @param calls of this attempt
   */
  record Fail(String token, JobError error, List<CallRecord> calls) implements JobEvent {
    public Fail {
      calls = List.copyOf(calls);
    }
  }

  /**
   * The call failed, another may not. Ends the job when no attempt or time is left.
   *
   * @param calls of this attempt
   */
  record Retry(String token, Instant notBefore, JobError error, List<CallRecord> calls)
      implements JobEvent {
    public Retry {
      calls = List.copyOf(calls);
    }

    /** Of which no call is worth a record. */
    public Retry(String token, Instant notBefore, JobError error) {
      this(token, notBefore, error, List.of());
    }
  }

  /**
   * The model could not answer, another of the job's chain is to be asked. Ends the job when no
   * attempt or time is left.
   *
   * @param called false when nothing was sent; then the attempt is not counted
   * @param notBefore present when the chain begins anew, after a pause
   * @param calls of this attempt
   */
  record Reroute(
      String token,
      Route route,
      boolean called,
      Optional<Instant> notBefore,
      JobError why,
      List<CallRecord> calls)
      implements JobEvent {
    public Reroute {
      calls = List.copyOf(calls);
    }
  }

  /**
   * An earlier answer serves, and nobody is called.
   *
   * @param answer whose it is
   */
  record CompleteFromCache(CachedAnswer answer) implements JobEvent {}

  /**
   * The worker hands the job back uncalled; the attempt is not counted.
   *
   * @param why it could not be called; empty when nothing was wrong with the provider
   */
  record Release(String token, Optional<JobError> why) implements JobEvent {}

  /** The worker under {@code token} gave up its call because of a cancel request. */
  record Abort(String token) implements JobEvent {}

  /** The caller wants it cancelled. */
  record RequestCancel() implements JobEvent {}

  /** The deadline has come. */
  record Expire() implements JobEvent {}

  /**
   * The last attempt's lease lapsed too: the job seems to kill its workers.
   *
   * @param grace after the lapse: the worker may hold a paid answer that the store has not taken
   *     yet, and nobody else may call, so nothing is gained by haste
   */
  record GiveUp(Duration grace) implements JobEvent {}

  /** The job cannot be called at all, for example because its model is gone. */
  record Reject(JobError error) implements JobEvent {}

  /** The caller wants payload and result gone. */
  record Erase() implements JobEvent {}
}
