package io.promptbeam.pipeline.engine;

import java.time.Duration;

/** What became of one attempt at a job. */
sealed interface Verdict {
  /** It ended, and we recorded how. */
  record Ended(JobOutcome outcome) implements Verdict {}

  /** It has ended or is gone without our doing. */
  record NothingToDo() implements Verdict {}

  /** It has not ended; look again after {@code delay}. */
  record Again(Duration delay) implements Verdict {}
}
