package io.promptbeam.message;

import java.util.Locale;

/** A message that no redelivery makes readable. Its text never holds any of the payload. */
public final class MalformedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why a message cannot be read; named on the dead-letter topic by {@link #code()}. */
  public enum Reason {
    NOT_JSON,
    UNSUPPORTED_VERSION,
    UNKNOWN_KIND,
    MISSING_FIELD,
    INVALID_FIELD,
    TOO_LARGE,
    /** Reading it failed in a way nobody foresaw. */
    UNFORESEEN;

    /** Stable and lower case. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  MalformedMessageException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
