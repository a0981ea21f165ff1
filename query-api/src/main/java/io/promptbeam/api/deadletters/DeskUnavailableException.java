package io.promptbeam.api.deadletters;

/** Dead letters cannot be reached at the moment. The message is for the log. */
public final class DeskUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeskUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
