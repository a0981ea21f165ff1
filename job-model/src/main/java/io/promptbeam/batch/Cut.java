package io.promptbeam.batch;

import java.time.Instant;

/**
 * No more of a batch's segments may begin. Written once, and never undone; what has not begun by
 * then has ended by it, without a row being touched.
 *
 * @param kind what became of that
 */
public record Cut(Kind kind, Instant at) {
  public enum Kind {
    CANCELLED(BatchStatus.CANCELLED),
    EXPIRED(BatchStatus.EXPIRED);

    private final BatchStatus status;

    Kind(BatchStatus status) {
      this.status = status;
    }

    /** What the batch ends as. */
    public BatchStatus status() {
      return status;
    }
  }
}
