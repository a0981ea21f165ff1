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
   * @param firstPause before the first probe; doubles with every probe
   * @param maxPause between probes; a provider that is back is noticed no later than that
   */
  record Settings(
      int failuresToOpen,
      int stalledInFlight,
      Duration stalledAfter,
      int stalledFactor,
      Duration firstPause,
      Duration maxPause) {
    static final Settings DEFAULT =
        new Settings(
            3, 10, Duration.ofSeconds(30), 8, Duration.ofSeconds(1), Duration.ofSeconds(30));
  }

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

  CircuitBreaker(Settings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
  }

  /** Nanoseconds until a call may go out; 0 now. */
  synchronized long waitNanos(long nowNanos) {
    if (!open && isStalled(nowNanos)) {
      open(nowNanos);
    }
    return open ? Math.max(0, probeAtNanos - nowNanos) : 0;
  }

  private boolean isStalled(long nowNanos) {
    return inFlight >= settings.stalledInFlight()
        // Before the first answers nobody knows how long calls usually take.
        && usualNanos > 0
        && nowNanos - quietSinceNanos > longNanos();
  }

  /** Much longer than calls usually take. */
  private long longNanos() {
    return Math.max(
        settings.stalledAfter().toNanos(), (long) (settings.stalledFactor() * usualNanos));
  }

  /** How long a probe may take, while open: one that hangs should not hold its job for long. */
  synchronized Optional<Duration> probeLimit() {
    return open ? Optional.of(Duration.ofNanos(longNanos())) : Optional.empty();
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** A call goes out; while open, it is a probe. */
  synchronized void started(long nowNanos) {
    inFlight++;
    if (inFlight == settings.stalledInFlight()) {
      quietSinceNanos = nowNanos;
    }
    if (open) {
      pauseNanos = Math.min(settings.maxPause().toNanos(), pauseNanos * 2);
      scheduleProbe(nowNanos);
    }
  }

  /**
   * The provider answered something, be it a refusal. True when that closed the breaker.
   *
   * @param tookNanos from call to answer
   */
  synchronized boolean answered(long tookNanos, long nowNanos) {
    boolean wasOpen = open;
    ended();
    failuresInARow = 0;
    quietSinceNanos = nowNanos;
    usualNanos =
        usualNanos == 0 ? tookNanos : (1 - NEWEST_WEIGHT) * usualNanos + NEWEST_WEIGHT * tookNanos;
    open = false;
    return wasOpen;
  }

  /** The provider failed. */
  synchronized void failed(long nowNanos) {
    ended();
    failuresInARow++;
    if (!open && failuresInARow >= settings.failuresToOpen()) {
      open(nowNanos);
    }
  }

  /** A call that was started told nothing about the provider. */
  synchronized void nothing() {
    ended();
  }

  private void ended() {
    inFlight--;
  }

  private void open(long nowNanos) {
    open = true;
    pauseNanos = settings.firstPause().toNanos();
    scheduleProbe(nowNanos);
  }

  private void scheduleProbe(long nowNanos) {
    // Workers that saw the same outage should not all probe at the same moment.
    probeAtNanos = nowNanos + pauseNanos - random.nextLong(pauseNanos / 4 + 1);
  }
}
