package io.promptbeam.schema;

/** A schema cannot be used; the message says why, in words for its author. */
public final class InvalidSchemaException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidSchemaException(String message) {
    super(message);
  }
}
