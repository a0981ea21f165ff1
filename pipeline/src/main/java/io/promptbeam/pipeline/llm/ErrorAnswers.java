package io.promptbeam.pipeline.llm;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.pipeline.quota.RateHint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Which exception a provider's error is.
 *
 * @param remedy what the operator must look at when the provider refuses the credentials
 * @param renewable whether other credentials may be had, so that a refusal of these may pass
 * @param message the provider's own words, without secrets
 */
record ErrorAnswers(
    String modelId,
    String remedy,
    boolean renewable,
    int status,
    Optional<String> message,
    Optional<Duration> retryAfter,
    List<RateHint> rateHints) {

  LlmException of(ErrorClass error) {
    return switch (error) {
      case BY_STATUS -> byStatus();
      case THROTTLED -> throttled();
      case TRANSIENT -> failed();
      case INVALID_REQUEST -> permanent(ErrorCodes.INVALID_REQUEST, text());
      case AUTH -> auth();
      case QUOTA_EXHAUSTED -> permanent(ErrorCodes.QUOTA_EXHAUSTED, text());
      case CONTEXT_LENGTH -> permanent(ErrorCodes.CONTEXT_LENGTH, text());
      case REFUSED -> permanent(ErrorCodes.CONTENT_REFUSED, text());
    };
  }

  /** An error in the middle of an answer: the same call may go through another time. */
  LlmException inTheMiddle(ErrorClass error) {
    return error == ErrorClass.THROTTLED ? throttled() : failed();
  }

  private LlmException byStatus() {
    return switch (status) {
      case 429, 529 -> throttled();
      case 408, 409, 425 -> failed();
      case 401, 403 -> auth();
      default -> byRange();
    };
  }

  private LlmException byRange() {
    if (status >= 500) {
      return failed();
    }
    if (status < 200) {
      return permanent(
          ErrorCodes.PROVIDER_ERROR,
          "the provider answered with the interim status " + status + " and no answer");
    }
    if (status < 400) {
      return permanent(
          ErrorCodes.PROVIDER_ERROR,
          "the provider redirects instead of answering; the operator must check the base_url of"
              + " model "
              + modelId);
    }
    return permanent(ErrorCodes.INVALID_REQUEST, text());
  }

  /** Without the provider's own text, which often quotes part of the key. */
  private LlmException auth() {
    JobError error =
        error(
            ErrorCodes.PROVIDER_AUTH,
            "the provider refused the credentials for model "
                + modelId
                + "; the operator must check "
                + remedy);
    return renewable
        ? new LlmException.Transient(error, retryAfter, rateHints)
        : new LlmException.Permanent(error, Optional.empty(), rateHints);
  }

  private LlmException throttled() {
    return new LlmException.Throttled(
        error(ErrorCodes.RATE_LIMITED, text()), retryAfter, rateHints);
  }

  private LlmException failed() {
    return new LlmException.Transient(
        error(ErrorCodes.PROVIDER_ERROR, text()), retryAfter, rateHints);
  }

  private LlmException permanent(String code, String text) {
    return new LlmException.Permanent(error(code, text), Optional.empty(), rateHints);
  }

  private String text() {
    return message.orElse("the provider answered with status " + status);
  }

  private JobError error(String code, String text) {
    return new JobError(code, text, Optional.of(status));
  }
}
