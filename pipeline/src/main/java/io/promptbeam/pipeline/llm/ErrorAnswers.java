package io.promptbeam.pipeline.llm;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.time.Duration;
import java.util.Optional;

/** Which error an HTTP status other than 2xx is. */
final class ErrorAnswers {
  private ErrorAnswers() {}

  static LlmException of(
      String modelId, int status, Optional<String> message, Optional<Duration> retryAfter) {
    String text = message.orElse("the provider answered with status " + status);
    return switch (status) {
      case 429, 529 ->
          new LlmException.Throttled(error(ErrorCodes.RATE_LIMITED, text, status), retryAfter);
      case 408, 409, 425 ->
          new LlmException.Transient(error(ErrorCodes.PROVIDER_ERROR, text, status), retryAfter);
      case 401, 403 ->
          // The provider's own text often quotes part of the key.
          new LlmException.Permanent(
              error(
                  ErrorCodes.PROVIDER_AUTH,
                  "the provider refused the credentials for model "
                      + modelId
                      + "; the operator must check the key that its api_key refers to",
                  status));
      default -> byClass(modelId, status, text, retryAfter);
    };
  }

  private static LlmException byClass(
      String modelId, int status, String text, Optional<Duration> retryAfter) {
    if (status >= 500) {
      return new LlmException.Transient(error(ErrorCodes.PROVIDER_ERROR, text, status), retryAfter);
    }
    if (status < 200) {
      return new LlmException.Permanent(
          error(
              ErrorCodes.PROVIDER_ERROR,
              "the provider answered with the interim status " + status + " and no answer",
              status));
    }
    if (status < 400) {
      return new LlmException.Permanent(
          error(
              ErrorCodes.PROVIDER_ERROR,
              "the provider redirects instead of answering; the operator must check the base_url"
                  + " of model "
                  + modelId,
              status));
    }
    return new LlmException.Permanent(error(ErrorCodes.INVALID_REQUEST, text, status));
  }

  private static JobError error(String code, String message, int status) {
    return new JobError(code, message, Optional.of(status));
  }
}
