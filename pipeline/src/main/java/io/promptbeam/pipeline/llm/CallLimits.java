package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/**
 * The time limits of one call, and what is said when one passes. The limit for connecting is the
 * HTTP client's to keep.
 *
 * @param whole from start to the last byte
 * @param jobEndsFirst whether {@code whole} is what the job has left, not what the model is given
 */
record CallLimits(
    Duration firstByte, Duration betweenChunks, Duration whole, boolean jobEndsFirst) {

  /**
   * The limits of a call.
   *
   * @param jobHasLeft until the job's deadline
   */
  static CallLimits of(Timeouts model, Duration jobHasLeft) {
    boolean jobEndsFirst = jobHasLeft.compareTo(model.call()) < 0;
    return new CallLimits(
        model.firstByte(),
        model.betweenChunks(),
        jobEndsFirst ? jobHasLeft : model.call(),
        jobEndsFirst);
  }

  static LlmException connectPassed(Duration connect) {
    return new LlmException.Unreachable(
        JobError.of(
            ErrorCodes.TIMEOUT,
            "no connection to the provider was made in "
                + seconds(connect)
                + " (connect_seconds)"));
  }

  LlmException firstBytePassed() {
    return timedOut(
        "the provider did not begin its answer in " + seconds(firstByte) + " (first_byte_seconds)");
  }

  LlmException betweenChunksPassed() {
    return timedOut(
        "the provider sent nothing for "
            + seconds(betweenChunks)
            + " in the middle of its answer (between_chunks_seconds)");
  }

  LlmException wholePassed() {
    if (jobEndsFirst) {
      return timedOut(
          whole.isNegative() || whole.isZero()
              ? "no time was left for the call before the job's deadline"
              : "the provider's answer was not complete in the "
                  + seconds(whole)
                  + " this call was given, because the job's deadline is near or the provider has"
                  + " been failing");
    }
    return timedOut(
        "the provider's answer was not complete after " + seconds(whole) + " (call_seconds)");
  }

  private static LlmException timedOut(String message) {
    return new LlmException.Transient(JobError.of(ErrorCodes.TIMEOUT, message), Optional.empty());
  }

  private static String seconds(Duration limit) {
    BigDecimal seconds = BigDecimal.valueOf(limit.toMillis(), 3);
    return seconds.stripTrailingZeros().toPlainString() + " s";
  }
}
