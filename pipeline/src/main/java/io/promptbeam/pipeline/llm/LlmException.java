package io.promptbeam.pipeline.llm;

import io.promptbeam.job.JobError;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.quota.RateHint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Why a call failed. Its kind is the retry policy. The error may be shown to the job's owner; it is
 * not for logs, because it can quote what the provider said of a prompt.
 */
public abstract sealed class LlmException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient JobError error;
  private final transient Optional<Duration> retryAfter;
  private final transient Optional<Usage> usage;
  private final transient List<RateHint> rateHints;

  private LlmException(
      JobError error,
      Optional<Duration> retryAfter,
      Optional<Usage> usage,
      List<RateHint> rateHints) {
    super(error.code() + ": " + error.message());
    this.error = error;
    this.retryAfter = retryAfter;
    this.usage = usage;
    this.rateHints = rateHints;
  }

  /** What the job's owner gets to read. */
  public JobError error() {
    return error;
  }

  /** What the provider asked for in {@code Retry-After}. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** What the provider says it used for an answer that is of no use; probably paid for. */
  public Optional<Usage> usage() {
    return usage;
  }

  /** What the provider said about its limits; often empty. */
  public List<RateHint> rateHints() {
    return rateHints;
  }

  /** Whether the same call may succeed later. */
  public abstract boolean isRetryable();

  /** The provider is busy: 429, or 529. Slows the whole model down. */
  public static final class Throttled extends LlmException {
    private static final long serialVersionUID = 1L;

    public Throttled(JobError error, Optional<Duration> retryAfter) {
      this(error, retryAfter, List.of());
    }

    public Throttled(JobError error, Optional<Duration> retryAfter, List<RateHint> rateHints) {
      super(error, retryAfter, Optional.empty(), rateHints);
    }

    @Override
    public boolean isRetryable() {
      return true;
    }
  }

  /** There was no connection: nothing was sent, so the provider did nothing. */
  public static final class Unreachable extends LlmException {
    private static final long serialVersionUID = 1L;

    public Unreachable(JobError error) {
      super(error, Optional.empty(), Optional.empty(), List.of());
    }

    @Override
    public boolean isRetryable() {
      return true;
    }
  }

  /** 408, 409, 425, 5xx, a connection that broke, or a timeout. */
  public static final class Transient extends LlmException {
    private static final long serialVersionUID = 1L;

    public Transient(JobError error, Optional<Duration> retryAfter) {
      this(error, retryAfter, List.of());
    }

    public Transient(JobError error, Optional<Duration> retryAfter, List<RateHint> rateHints) {
      super(error, retryAfter, Optional.empty(), rateHints);
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
      this(error, Optional.empty());
    }

    public Permanent(JobError error, Optional<Usage> usage) {
      this(error, usage, List.of());
    }

    public Permanent(JobError error, Optional<Usage> usage, List<RateHint> rateHints) {
      super(error, Optional.empty(), usage, rateHints);
    }

    @Override
    public boolean isRetryable() {
      return false;
    }
  }
}
