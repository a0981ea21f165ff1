package io.promptbeam.api.spark;

/**
 * How fast the caller at the other end of one connection is. While a request is served, only the
 * time counts in which the server waits for the caller: for more of the body, or until a piece of
 * the answer is taken. Times are of {@link System#nanoTime}. Thread-safe.
 */
final class Pace {
  private enum Phase {
    IDLE,
    HEADERS,
    SERVED
  }

  /** The time spent waiting for bytes to pass, and how many had passed before. */
  private static final class Transfer {
    private final long bytesBefore;
    private long waitedNanos;
    private long sinceNanos;
    private boolean waits;

    Transfer(long bytesBefore) {
      this.bytesBefore = bytesBefore;
    }

    void begin(long nowNanos) {
      waits = true;
      sinceNanos = nowNanos;
    }

    void end(long nowNanos) {
      if (waits) {
        waits = false;
        waitedNanos += nowNanos - sinceNanos;
      }
    }

    /** A caller that is not waited for now is not in the way. */
    boolean isTooSlow(Patience patience, long bytes, long nowNanos) {
      return waits
          && patience.endsTransfer(bytes - bytesBefore, waitedNanos + nowNanos - sinceNanos);
    }
  }

  private final Patience patience;
  private Phase phase = Phase.IDLE;
  private Object request = this;
  private long sinceNanos;
  private long inAtStart;
  private Transfer body = new Transfer(0);
  private Transfer answer = new Transfer(0);
  private boolean isAnswering;

  Pace(Patience patience) {
    this.patience = patience;
  }

  /** The headers of {@code next} have come. */
  synchronized void begins(Object next, long bytesIn) {
    request = next;
    phase = Phase.SERVED;
    body = new Transfer(bytesIn);
    answer = new Transfer(0);
    isAnswering = false;
  }

  /** The server waits for more of the body. */
  synchronized void reading(Object of, long nowNanos) {
    if (request == of) {
      body.begin(nowNanos);
    }
  }

  /** There is more of it, or it failed. */
  synchronized void read(Object of, long nowNanos) {
    if (request == of) {
      body.end(nowNanos);
    }
  }

  /**
   * The server waits until a piece of the answer is taken.
   *
   * @param bytesOut without that piece; what was sent before the answer began, such as {@code 100
   *     Continue}, is no part of it
   */
  synchronized void writing(Object of, long bytesOut, long nowNanos) {
    if (request == of) {
      if (!isAnswering) {
        isAnswering = true;
        answer = new Transfer(bytesOut);
      }
      answer.begin(nowNanos);
    }
  }

  /** It is taken, or cannot be. */
  synchronized void written(Object of, long nowNanos) {
    if (request == of) {
      answer.end(nowNanos);
    }
  }

  /** It is answered. */
  synchronized void ends(Object ended, long bytesIn) {
    if (request == ended) {
      request = this;
      phase = Phase.IDLE;
      inAtStart = bytesIn;
    }
  }

  /** Whether the caller is too slow to be waited for; to be asked every second or so. */
  synchronized boolean isTooSlow(long bytesIn, long bytesOut, long nowNanos) {
    switch (phase) {
      case IDLE -> {
        if (bytesIn > inAtStart) {
          phase = Phase.HEADERS;
          sinceNanos = nowNanos;
        }
        return false;
      }
      case HEADERS -> {
        return patience.endsHeaders(nowNanos - sinceNanos);
      }
      case SERVED -> {
        return body.isTooSlow(patience, bytesIn, nowNanos)
            || answer.isTooSlow(patience, bytesOut, nowNanos);
      }
    }
    return false;
  }
}
