package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;

/**
 * When the positions of one dimension come due: pure arithmetic over server time. Position p may be
 * used from {@link #timeOf} p on, and for a little while after; then it is forfeited.
 *
 * <p>Why no window of a minute holds more than the limit L: what is used in [t, t + 60 s) came due
 * in (t - lateness, t + 60 s), and in 60 s + lateness no more than L come due, for the rate is
 * lowered by a margin of at least lateness / 60 s. A call begins when the first of its positions is
 * due, so one call may reach beyond the end of the window: for requests, where a call is one
 * position, that is counted already; tokens may exceed L by what one call has, the last one.
 *
 * <p>Why a provider with a bucket sees no excess either: it holds c = max(1 s of L, one request),
 * and two neighbours may come closer by the lateness, which costs L * lateness of it; so lateness
 * is no more than what c holds beyond one request, and the margin. (Source: virtual scheduling, the
 * generic cell rate algorithm of ITU-T I.371.)
 *
 * @param perMicro positions that come due in a microsecond at factor 1
 * @param anchor the position that is due at {@code atMicros}
 * @param factor at {@code atMicros}; it grows by {@link #RECOVERY_PER_SECOND} up to 1
 */
record Timeline(double perMicro, long anchor, long atMicros, double factor, long latenessMicros) {
  static final double RECOVERY_PER_SECOND = 0.02;

  /** Of a limit: what is left unused so that lateness does no harm. */
  private static final double REQUESTS_MARGIN = 0.005;

  private static final double TOKENS_MARGIN = 0.0058;
  private static final double MAX_REQUESTS_LATENESS_SECONDS = 0.25;
  private static final double MAX_TOKENS_LATENESS_SECONDS = 0.34;
  private static final double MICROS = 1e6;

  static Timeline of(Dimension dimension, long perMinute, QuotaControl control) {
    boolean requests = dimension == Dimension.REQUESTS;
    double margin = requests ? REQUESTS_MARGIN : TOKENS_MARGIN;
    double perSecond = (double) perMinute / 60;
    double room = (Math.max(0, perSecond - 1) + margin) / perSecond;
    double lateness =
        requests ? Math.min(MAX_REQUESTS_LATENESS_SECONDS, room) : MAX_TOKENS_LATENESS_SECONDS;
    return new Timeline(
        perSecond / (1 + margin) * (double) dimension.positionsPerUnit() / MICROS,
        control.anchors().getOrDefault(dimension, 0L),
        control.atMicros(),
        control.factor(),
        (long) (lateness * MICROS));
  }

  /** What part of the rate holds at {@code micros}. */
  static double factorAt(QuotaControl control, long micros) {
    double seconds = (double) Math.max(0, micros - control.atMicros()) / MICROS;
    return Math.min(1, control.factor() + RECOVERY_PER_SECOND * seconds);
  }

  double factorAt(long micros) {
    double seconds = (double) Math.max(0, micros - atMicros) / MICROS;
    return Math.min(1, factor + RECOVERY_PER_SECOND * seconds);
  }

  /** When {@code position} is due, rounded up. */
  long timeOf(long position) {
    double atFullRate = (double) (position - anchor) / perMicro / MICROS;
    return atMicros + (long) Math.ceil(secondsUntil(atFullRate) * MICROS);
  }

  /** The first position that is not due before {@code micros}. */
  long positionAt(long micros) {
    double seconds = (double) (micros - atMicros) / MICROS;
    return anchor + (long) Math.ceil(fullRateSeconds(seconds) * MICROS * perMicro);
  }

  /** The integral of the factor: how long the full rate would have taken for as much. */
  private double fullRateSeconds(double seconds) {
    if (seconds <= 0 || factor >= 1) {
      return seconds;
    }
    double recovered = (1 - factor) / RECOVERY_PER_SECOND;
    double slow = Math.min(seconds, recovered);
    return slow * (factor + RECOVERY_PER_SECOND * slow / 2) + Math.max(0, seconds - recovered);
  }

  /** The inverse of {@link #fullRateSeconds}. */
  private double secondsUntil(double fullRate) {
    if (fullRate <= 0 || factor >= 1) {
      return fullRate;
    }
    double recovered = (1 - factor) / RECOVERY_PER_SECOND;
    double until = recovered * (1 + factor) / 2;
    if (fullRate >= until) {
      return recovered + fullRate - until;
    }
    return (Math.sqrt(factor * factor + 2 * RECOVERY_PER_SECOND * fullRate) - factor)
        / RECOVERY_PER_SECOND;
  }
}
