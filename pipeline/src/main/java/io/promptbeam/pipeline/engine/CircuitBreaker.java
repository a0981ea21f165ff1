package io.promptbeam.pipeline.engine;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Stops calling a provider that fails every call, and finds out with one call at a time whether it
 * is back. Jobs then wait, instead of using up their attempts. Pure arithmetic; thread-safe.
 *
 * <p>Closed: calls go out. After {@link Settings#failuresToOpen} failures in a row it opens for a
 * while, which doubles with every probe that fails. Then one call, the probe, may go out: when it
 * is answered, the breaker closes. (Source of the pattern: M. Nygard, "Release It!", 2007.)
 */
final class CircuitBreaker {
  /**
   * How it decides.
   *
   * @param failuresToOpen in a row, without an answer in between
   * @param firstOpen how long it opens at first
   * @param maxOpen how long at most; a provider that is back is noticed no later than that
   */
  record Settings(int failuresToOpen, Duration firstOpen, Duration maxOpen) {
    static final Settings DEFAULT = new Settings(10, Duration.ofSeconds(1), Duration.ofSeconds(30));
  }

  /** Waiting for the outcome of the probe, which is reported. */
  static final long UNTIL_REPORT = Long.MAX_VALUE;

  private final Settings settings;
  private final RandomGenerator random;
  private int failuresInARow;
  private boolean open;
  private boolean probing;
  private long openUntilNanos;
  private long openForNanos;

  CircuitBreaker(Settings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
  }

  /** Nanoseconds until a call may go out; 0 now; {@link #UNTIL_REPORT} once the probe is known. */
  synchronized long waitNanos(long nowNanos) {
    if (!open) {
      return 0;
    }
    return probing ? UNTIL_REPORT : Math.max(0, openUntilNanos - nowNanos);
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** A call goes out; while open, it is the probe. */
  synchronized void started() {
    probing = open;
  }

  /** The provider answered something, be it a refusal. True when that closed the breaker. */
  synchronized boolean answered() {
    boolean closed = open;
    failuresInARow = 0;
    open = false;
    probing = false;
    openForNanos = 0;
    return closed;
  }

  /** The provider failed. True when the breaker waits anew for the time of a probe. */
  synchronized boolean failed(long nowNanos) {
    failuresInARow++;
    if (open ? !probing : failuresInARow < settings.failuresToOpen()) {
      // While open, calls from before it opened still fail; they say nothing new.
      return false;
    }
    openForNanos =
        open
            ? Math.min(settings.maxOpen().toNanos(), openForNanos * 2)
            : settings.firstOpen().toNanos();
    // Workers that saw the same outage should not all probe at the same moment.
    long jitter = random.nextLong(openForNanos / 4 + 1);
    openUntilNanos = nowNanos + openForNanos - jitter;
    open = true;
    probing = false;
    return true;
  }

  /** A call that was started told nothing about the provider. True when it was the probe. */
  synchronized boolean notCalled() {
    boolean was = probing;
    probing = false;
    return was;
  }
}
