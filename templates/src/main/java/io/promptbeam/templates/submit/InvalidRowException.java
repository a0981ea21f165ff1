package io.promptbeam.templates.submit;

/** A row that cannot become a request. Its message quotes no value of the row. */
final class InvalidRowException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  InvalidRowException(String code, String message) {
    super(message);
    this.code = code;
  }

  String code() {
    return code;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
