package io.promptbeam.submit;

/** A submission that cannot become a job. The message names the field and the remedy. */
public final class InvalidSubmissionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String field;

  /**
   * @param code stable, for programs: {@code missing_field}, {@code unknown_field}, {@code
   *     wrong_type}, {@code invalid_value}, {@code unknown_model}, {@code too_large}, {@code
   *     too_many_tokens}
   * @param field the JSON path of the field, for example {@code metadata.user}
   */
  public InvalidSubmissionException(String code, String field, String message) {
    super(message);
    this.code = code;
    this.field = field;
  }

  public String code() {
    return code;
  }

  public String field() {
    return field;
  }
}
