package io.promptbeam.api.anthropic;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;

/** Which of Anthropic's error types a failed job's error is. */
final class ErrorTypes {
  private static final int NOT_FOUND = 404;
  private static final int UNAVAILABLE = 503;
  private static final int OVERLOADED = 529;

  private ErrorTypes() {}

  static String of(JobError error) {
    int status = error.providerStatus().orElse(0);
    return switch (error.code()) {
      case ErrorCodes.INVALID_REQUEST -> ofRefusal(status);
      case ErrorCodes.CONTENT_REFUSED, ErrorCodes.CONTEXT_LENGTH -> "invalid_request_error";
      case ErrorCodes.UNKNOWN_MODEL -> "not_found_error";
      case ErrorCodes.RATE_LIMITED -> "rate_limit_error";
      case ErrorCodes.QUOTA_EXHAUSTED, ErrorCodes.BUDGET_EXCEEDED -> "billing_error";
      case ErrorCodes.TIMEOUT -> "timeout_error";
      case ErrorCodes.PROVIDER_ERROR ->
          status == OVERLOADED || status == UNAVAILABLE ? "overloaded_error" : "api_error";
      // Also when the provider refused this service's own key: the caller's key is a good one.
      default -> "api_error";
    };
  }

  /** The clients know no type of their own for a request that is too large. */
  private static String ofRefusal(int status) {
    return status == NOT_FOUND ? "not_found_error" : "invalid_request_error";
  }
}
