package io.promptbeam.api.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.store.StoreUnavailableException;
import io.promptbeam.submit.InvalidSubmissionException;
import io.promptbeam.submit.MalformedJsonException;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** The problems any route may answer with. Codes are stable. */
public final class Problems {
  private static final String RETRY_AFTER_SECONDS = "2";

  private Problems() {}

  public static Problem notFound() {
    return Problem.of(404, "not_found", "Not found", "There is nothing at this path.");
  }

  public static Problem methodNotAllowed(Collection<String> allowed) {
    String methods = String.join(", ", allowed);
    return Problem.of(
            405, "method_not_allowed", "Method not allowed", "This path answers " + methods + ".")
        .withHeader("Allow", methods);
  }

  public static Problem tooLarge(long maxBytes) {
    return Problem.of(
            413,
            "body_too_large",
            "Body too large",
            "The body may have at most " + maxBytes + " bytes.")
        .withHeader("Connection", "close");
  }

  public static Problem notJson() {
    return Problem.of(
        415,
        "unsupported_media_type",
        "Not JSON",
        "Send JSON in UTF-8 and not compressed, with the header Content-Type: application/json.");
  }

  public static Problem malformed(MalformedJsonException e) {
    return Problem.of(400, "malformed_json", "Malformed JSON", "The body " + e.getMessage() + ".")
        .withField("body")
        .with("line", JsonNodeFactory.instance.numberNode(e.line()))
        .with("column", JsonNodeFactory.instance.numberNode(e.column()));
  }

  public static Problem invalid(InvalidSubmissionException e) {
    int status = e.code().equals("too_large") ? 413 : 400;
    return Problem.of(status, e.code(), "Invalid submission", e.field() + ": " + e.getMessage())
        .withField(e.field());
  }

  public static Problem invalidParameter(String name, String remedy) {
    return Problem.of(400, "invalid_parameter", "Invalid parameter", name + ": " + remedy)
        .withField(name);
  }

  public static Problem storeUnavailable() {
    return Problem.of(
            503,
            "store_unavailable",
            "Store unavailable",
            "The job store does not answer at the moment. Try again; with the same Idempotency-Key"
                + " a repeated submission makes no second job.")
        .withHeader("Retry-After", RETRY_AFTER_SECONDS);
  }

  public static Problem internal() {
    return Problem.of(
        500,
        "internal_error",
        "Internal error",
        "Something went wrong here. The log has the details under the request's id.");
  }

  /** The problem a failure stands for; empty when it is a defect of ours. */
  public static Optional<Problem> of(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ProblemException e) {
      return Optional.of(e.problem());
    }
    return cause instanceof StoreUnavailableException || cause instanceof TimeoutException
        ? Optional.of(storeUnavailable())
        : Optional.empty();
  }
}
