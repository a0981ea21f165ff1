package io.promptbeam.access;

/** A key is not issued; the message says what to do. */
public final class KeyRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  KeyRefusedException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** Stable. */
  public String code() {
    return code;
  }
}
