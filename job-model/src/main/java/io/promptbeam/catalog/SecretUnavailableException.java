package io.promptbeam.catalog;

/** A secret could not be read. The message names the reference and the remedy, never a value. */
public final class SecretUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SecretUnavailableException(SecretReference reference, String message) {
    super(reference.text() + " " + message);
  }
}
