package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import java.time.Duration;

/** What became of one attempt at a job. */
sealed interface Verdict {
  /** It ended, and we recorded how. */
  record Ended(Job job) implements Verdict {}

  /** It has ended or is gone without our doing. */
  record NothingToDo() implements Verdict {}

  /** The call failed, and the job may be called again after {@code delay}. */
  record Retry(Duration delay) implements Verdict {}

  /** Its row has another model, owner or priority than its item; it was not called. */
  record Misaddressed(Job job) implements Verdict {}

  /**
   * Another model of its chain is to be asked.
   *
   * @param hereIsNoPlace the lane's model cannot take the job, now or later
   * @param then when, in that model's lane
   */
  record Reroute(String modelId, boolean hereIsNoPlace, LookAgain then) implements Verdict {}

  /** Its segment may not begin: its batch is cut, or over. */
  record Cut() implements Verdict {}

  /** It was not called and has not ended; look again after {@code delay}. */
  record LookAgain(Duration delay) implements Verdict {}
}
