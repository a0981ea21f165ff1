package io.promptbeam.local.deadletter;

/** Pub/Sub refused, or does not answer. The message says what to do, and holds no payload. */
public final class QueueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public QueueException(String message, Throwable cause) {
    super(message, cause);
  }
}
