package io.promptbeam.pipeline.simulation;

/** A promise that did not hold, and for which job; the job is empty when it is none's. */
record Violation(Promise promise, String job, String what) {
  /** What must hold in every world. */
  enum Promise {
    ACCEPTED_JOBS_ARE_STORED,
    EVERY_JOB_ENDS,
    HANDED_OVER_IS_BEGUN,
    NOTHING_IS_LEFT_BEHIND,
    NOTHING_EXPIRES_IN_CALM,
    ENDED_STAYS_ENDED,
    HISTORY_IS_A_PATH,
    ATTEMPTS_ARE_COUNTED_FIRST,
    ATTEMPTS_ARE_BOUNDED,
    NO_CALL_WITHOUT_REASON,
    NO_CALL_WITHOUT_CLAIM,
    NO_CALL_ON_A_DEAD_LEASE,
    NO_CALL_AFTER_DEADLINE,
    NO_CALL_AFTER_CANCELLATION,
    RESULT_IS_THE_CLAIMS,
    ONE_JOB_PER_KEY,
    ALWAYS_DUE_UNTIL_ENDED,
    NOT_DUE_ONCE_ENDED,
    NOTICES_ARE_KEPT,
    FIGURES_ADD_UP,
    PUBLISHED_JOBS_ARE_STORED,
    NOTHING_UNFORESEEN
  }
}
