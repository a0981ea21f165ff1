package io.promptbeam.pipeline.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Stops calling a provider that fails or hangs, and finds out with single calls whether it is back.
 * Jobs then wait, instead of using up their attempts. Pure arithmetic; thread-safe.
 *
 * <p>Closed: calls go out. It opens after some failures in a row, or when many calls are in flight
 * and none has been answered for much longer than calls usually take: a provider that hangs would
 * otherwise be noticed by its timeouts only, with hundreds of calls lost to it. Open: one call, a
 * probe, may go out every so often, ever more rarely. The first answer, to whatever call, closes
 * it. (Source of the pattern: M. Nygard, "Release It!", 2007.)
 */
final class CircuitBreaker {
  /**
   * How it decides.
   *
   * @param failuresToOpen in a row, without an answer in between
   * @param stalledInFlight fewer calls in flight than that never count as stalled
   * @param stalledAfter without any answer, at the least
   * @param stalledFactor times the usual latency without any answer, at the least
   * @param probeAtLeast a probe is given so long, or the factor times the usual latency
   * @param firstPause before the first probe; doubles with every probe
   * @param maxPause between probes; a provider that is back is noticed no later than that
   */
  record Settings(
      int failuresToOpen,
      int stalledInFlight,
      Duration stalledAfter,
      int stalledFactor,
      Duration probeAtLeast,
      Duration firstPause,
      Duration maxPause) {
    static final Settings DEFAULT =
        new Settings(
            3,
            10,
            Duration.ofSeconds(30),
            8,
            Duration.ofSeconds(90),
            Duration.ofSeconds(1),
            Duration.ofSeconds(30));
  }

  /** A probe is being prepared; what becomes of it is reported. */
  static final long UNTIL_REPORT = Long.MAX_VALUE;

  /** Of the moving average of latencies, that the newest one has. */
  private static final double NEWEST_WEIGHT = 0.05;

  private final Settings settings;
  private final RandomGenerator random;
  private int inFlight;
  private int failuresInARow;
  private long quietSinceNanos;
  private double usualNanos;
  private boolean open;
  private long probeAtNanos;
  private long pauseNanos;
  private boolean probeDrawn;

  CircuitBreaker(Settings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
  }

  /** Nanoseconds until a job may be drawn for a call; 0 now; {@link #UNTIL_REPORT} not yet. */
  synchronized long waitNanos(long nowNanos) {
    if (!open && isStalled(nowNanos)) {
      open(nowNanos);
    }
    if (!open) {
      return 0;
    }
    return probeDrawn ? UNTIL_REPORT : Math.max(0, probeAtNanos - nowNanos);
  }

  private boolean isStalled(long nowNanos) {
    return inFlight >= settings.stalledInFlight()
        // Before the first answers nobody knows how long calls usually take.
        && usualNanos > 0
        && nowNanos - quietSinceNanos > muchLongerThanUsual(settings.stalledAfter());
  }

  private long muchLongerThanUsual(Duration atLeast) {
    return Math.max(atLeast.toNanos(), (long) (settings.stalledFactor() * usualNanos));
  }

  /** How long answered calls take, lately; zero when there were none. */
  synchronized Duration usual() {
    return Duration.ofNanos((long) usualNanos);
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** A job is drawn for a call. True when that call is to be a probe. */
  synchronized boolean drawn() {
    probeDrawn = open;
    return open;
  }

  /** The job that was drawn could not be called. True when another may be drawn for the probe. */
  synchronized boolean notCalled(boolean probe) {
    if (probe) {
      probeDrawn = false;
    }
    return probe;
  }

  /**
   * A call goes out.
   *
   * @return how long it may take at most, if it is a probe: one that hangs should not hold its job
   *     for long, but a slow provider must be able to show that it is back
   */
  synchronized Optional<Duration> started(boolean probe, long nowNanos) {
    inFlight++;
    if (inFlight == settings.stalledInFlight()) {
      quietSinceNanos = nowNanos;
    }
    if (!probe) {
      return Optional.empty();
    }
    probeDrawn = false;
    if (!open) {
      return Optional.empty();
    }
    pauseNanos = Math.min(settings.maxPause().toNanos(), pauseNanos * 2);
    scheduleProbe(nowNanos);
    return usualNanos == 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(muchLongerThanUsual(settings.probeAtLeast())));
  }

  /**
   * A call was answered. True when that closed the breaker.
   *
   * @param tookNanos from call to answer
   */
  synchronized boolean answered(long tookNanos, long nowNanos) {
    usualNanos =
        usualNanos == 0 ? tookNanos : (1 - NEWEST_WEIGHT) * usualNanos + NEWEST_WEIGHT * tookNanos;
    return refused(nowNanos);
  }

  /** The provider is there, and refused a call. True when that closed the breaker. */
  synchronized boolean refused(long nowNanos) {
    boolean wasOpen = open;
    inFlight--;
    failuresInARow = 0;
    quietSinceNanos = nowNanos;
    open = false;
    return wasOpen;
  }

  /** The provider failed. */
  synchronized void failed(long nowNanos) {
    inFlight--;
    failuresInARow++;
    if (!open && failuresInARow >= settings.failuresToOpen()) {
      open(nowNanos);
    }
  }

  /** A call was given up by us, which says nothing about the provider. */
  synchronized void givenUp() {
    inFlight--;
  }

  private void open(long nowNanos) {
    open = true;
    probeDrawn = false;
    pauseNanos = settings.firstPause().toNanos();
    scheduleProbe(nowNanos);
  }

  private void scheduleProbe(long nowNanos) {
    // Workers that saw the same outage should not all probe at the same moment.
    probeAtNanos = nowNanos + pauseNanos - random.nextLong(pauseNanos / 4 + 1);
  }
}
