package io.promptbeam.api.anthropic;

import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;

/** What is wrong with a request, worded as Anthropic does: the field, a colon, the reason. */
final class Invalid {
  private static final int MAX_NAME_CHARS = 100;

  private Invalid() {}

  static ProblemException field(String field, String reason) {
    return Problem.of(400, "invalid_request", "Invalid request", field + ": " + reason)
        .withField(field)
        .asException();
  }

  static ProblemException required(String field) {
    return field(field, "Field required");
  }

  static ProblemException unknown(String prefix, String name) {
    String shown = name.length() > MAX_NAME_CHARS ? name.substring(0, MAX_NAME_CHARS) : name;
    return field(prefix + shown, "Extra inputs are not permitted");
  }
}
