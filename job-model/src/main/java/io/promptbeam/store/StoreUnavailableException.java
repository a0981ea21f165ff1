package io.promptbeam.store;

/** The store did not answer, or answered that it cannot serve the request. */
public final class StoreUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean permanent;

  /** A failure that a later try may not meet. */
  public StoreUnavailableException(String message, Throwable cause) {
    this(message, cause, false);
  }

  public StoreUnavailableException(String message, Throwable cause, boolean permanent) {
    super(message, cause);
    this.permanent = permanent;
  }

  /** Whether the same request will be refused however often it is made. */
  public boolean isPermanent() {
    return permanent;
  }
}
