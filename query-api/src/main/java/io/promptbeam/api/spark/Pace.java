package io.promptbeam.api.spark;

/**
 * How fast the caller at the other end of one connection is. Times are of {@link System#nanoTime}.
 * Thread-safe.
 */
final class Pace {
  private enum Phase {
    IDLE,
    HEADERS,
    BODY,
    WORK,
    ANSWER
  }

  private final Patience patience;
  private Phase phase = Phase.IDLE;
  private Object request = this;
  private long sinceNanos;
  private long inAtStart;
  private long outAtStart;

  Pace(Patience patience) {
    this.patience = patience;
  }

  /** The headers of {@code next} have come. */
  synchronized void begins(
      Object next, boolean hasBody, long bytesIn, long bytesOut, long nowNanos) {
    request = next;
    phase = hasBody ? Phase.BODY : Phase.WORK;
    sinceNanos = nowNanos;
    inAtStart = bytesIn;
    outAtStart = bytesOut;
  }

  /** The last of its body has come. */
  synchronized void bodyEnds(Object of) {
    if (request == of && phase == Phase.BODY) {
      phase = Phase.WORK;
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
      case BODY -> {
        return patience.endsTransfer(bytesIn - inAtStart, nowNanos - sinceNanos);
      }
      case WORK -> {
        if (bytesOut > outAtStart) {
          phase = Phase.ANSWER;
          sinceNanos = nowNanos;
        }
        return false;
      }
      case ANSWER -> {
        return patience.endsTransfer(bytesOut - outAtStart, nowNanos - sinceNanos);
      }
    }
    return false;
  }
}
