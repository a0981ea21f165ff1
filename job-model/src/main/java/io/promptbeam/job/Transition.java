package io.promptbeam.job;

/** What an event does to a job: a next state, or a refusal that leaves it as it is. */
public sealed interface Transition {
  record Moved(JobRun next) implements Transition {}

  record Refused(Reason reason) implements Transition {}

  /** Why an event changes nothing. */
  enum Reason {
    /** The job has ended; its state and result never change. */
    TERMINAL,
    /** Another worker holds an unexpired lease. */
    LEASE_HELD,
    /** The token is not the current lease's: the worker lost the job. */
    TOKEN_LOST,
    /** Waiting for {@code not_before}. */
    NOT_DUE,
    /** At or past the deadline: only {@link JobEvent.Expire} applies. */
    DEADLINE_PASSED,
    /** Not past the deadline yet. */
    DEADLINE_NOT_PASSED,
    /** No attempt is left. */
    ATTEMPTS_EXHAUSTED,
    /** There are attempts left. */
    ATTEMPTS_LEFT,
    /** Only ended jobs can be erased. */
    NOT_TERMINAL,
    /** The event would change nothing. */
    NO_CHANGE
  }
}
