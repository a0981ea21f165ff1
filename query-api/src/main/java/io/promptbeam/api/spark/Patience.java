package io.promptbeam.api.spark;

import java.time.Duration;

/**
 * How slow a caller may be. Jetty's idle timeout begins anew with every byte, so that a byte a
 * minute would hold a connection for ever.
 *
 * @param headers how long a request's first line and headers may take to come
 * @param grace from when on a body that comes, or an answer that is fetched, is measured
 * @param minBytesPerSecond of a body or an answer, on average since it began
 */
public record Patience(Duration headers, Duration grace, int minBytesPerSecond) {
  public static final Patience DEFAULT =
      new Patience(Duration.ofSeconds(10), Duration.ofSeconds(15), 1_000);

  public Patience {
    if (headers.isNegative() || headers.isZero() || grace.isNegative() || minBytesPerSecond < 1) {
      throw new IllegalArgumentException("patience must be positive");
    }
  }

  boolean endsHeaders(long elapsedNanos) {
    return elapsedNanos > headers.toNanos();
  }

  boolean endsTransfer(long bytes, long elapsedNanos) {
    return elapsedNanos > grace.toNanos()
        && bytes < minBytesPerSecond * (elapsedNanos / 1_000_000_000.0);
  }
}
