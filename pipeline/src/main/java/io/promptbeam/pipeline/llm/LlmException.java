package io.promptbeam.pipeline.llm;

import io.promptbeam.job.JobError;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a call failed. Its kind is the retry policy. The error may be shown to the job's owner; it is
 * not for logs, because it can quote what the provider said of a prompt.
 */
public abstract sealed class LlmException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient JobError error;
  private final transient Optional<Duration> retryAfter;

  private LlmException(JobError error, Optional<Duration> retryAfter) {
    super(error.code() + ": " + error.message());
    this.error = error;
    this.retryAfter = retryAfter;
  }

  /** What the job's owner gets to read. */
  public JobError error() {
    return error;
  }

  /** What the provider asked for in {@code Retry-After}. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** Whether the same call may succeed later. */
  public abstract boolean isRetryable();

  /** The provider is busy: 429, or 529. Slows the whole model down. */
  public static final class Throttled extends LlmException {
    private static final long serialVersionUID = 1L;

    public Throttled(JobError error, Optional<Duration> retryAfter) {
      super(error, retryAfter);
    }

    @Override
    public boolean isRetryable() {
      return true;
    }
  }

  /** 408, 409, 425, 5xx, a broken connection or a timeout. */
  public static final class Transient extends LlmException {
    private static final long serialVersionUID = 1L;

    public Transient(JobError error, Optional<Duration> retryAfter) {
      super(error, retryAfter);
    }

    @Override
    public boolean isRetryable() {
      return true;
    }
  }

  /** The provider refused, or answered with something that is not an answer: no call will help. */
  public static final class Permanent extends LlmException {
    private static final long serialVersionUID = 1L;

    public Permanent(JobError error) {
      super(error, Optional.empty());
    }

    @Override
    public boolean isRetryable() {
      return false;
    }
  }
}
