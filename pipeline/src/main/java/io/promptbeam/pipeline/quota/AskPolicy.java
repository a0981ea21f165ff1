package io.promptbeam.pipeline.quota;

import java.util.random.RandomGenerator;

/**
 * How much a worker reserves and how often it asks, so that the line of what is reserved is never
 * empty while work waits, each busy worker has an equal part of it, and the row sees about two
 * hundred requests a second however many workers there are. Times in microseconds. Not thread-safe.
 */
final class AskPolicy {
  /** What is held is renewed that long before it is used up. */
  static final long LEAD_MICROS = 150_000;

  /** Where a worker's part is less than a call per turn, it takes one only when that is near. */
  static long nearMicros(int workers) {
    return Math.max(LEAST_NEAR_MICROS, Math.min(MOST_NEAR_MICROS, 4 * turnMicros(workers)));
  }

  private static final long LEAST_NEAR_MICROS = 400_000;
  private static final long MOST_NEAR_MICROS = 1_200_000;

  private static final long LEAST_TURN_MICROS = 100_000;
  private static final long LEAST_GAP_MICROS = 20_000;
  private static final long MICROS_PER_WORKER = 5_000;
  private static final long SHORT_LINE_MICROS = 50_000;

  private static final double MOST_CALLS = 1e6;

  /** By one worker; more would come to wait for the row's answers, one after the other. */
  private static final double FEW_CALLS_PER_SECOND = 16;

  private static final double MANY_CALLS_PER_SECOND = 24;

  /** A line is long when it takes that many turns. */
  private static final double LONG_LINE_TURNS = 2;

  private final RandomGenerator random;
  private double boost = 1;
  private boolean oneByOne;

  /** Begins small: when many start at once, none knows yet how many there are. */
  private double ramp = 2;

  AskPolicy(RandomGenerator random) {
    this.random = random;
  }

  /** How long what is reserved at a time should last. */
  static long turnMicros(int workers) {
    return Math.max(LEAST_TURN_MICROS, workers * MICROS_PER_WORKER);
  }

  /** The least time between two requests, spread so that workers do not march in step. */
  long gapMicros(int workers) {
    long gap = Math.max(LEAST_GAP_MICROS, workers * MICROS_PER_WORKER);
    return (long) ((double) gap * (0.9 + 0.2 * random.nextDouble()));
  }

  /** Whether to look at the line before taking a place in it. */
  static boolean looksFirst(double callsPerSecond, int workers) {
    return callsPerSecond * (double) turnMicros(workers) / 1e6 < workers;
  }

  /**
   * Whether to reserve for one call at a time, by its size: what a larger reservation leaves over
   * comes due long before its rest does, and few calls would lose much by that. Slow to change its
   * mind, since what is left over is lost then.
   */
  boolean oneByOne(double callsPerSecond, int workers) {
    double each = callsPerSecond / workers;
    oneByOne = each < (oneByOne ? MANY_CALLS_PER_SECOND : FEW_CALLS_PER_SECOND);
    return oneByOne;
  }

  /** A moment shortly before {@code dueMicros}, or the usual gap from now if that is later. */
  long nextLookMicros(long dueMicros, long nowMicros, int workers) {
    long before = (long) ((double) LEAST_NEAR_MICROS * (0.3 + 0.7 * random.nextDouble()));
    return Math.max(dueMicros - before, nowMicros + gapMicros(workers));
  }

  /** How many calls to reserve for; 1 or more. */
  long calls(double callsPerSecond, int workers, long waiting) {
    double turn = callsPerSecond * (double) turnMicros(workers) / 1e6;
    double part = Math.min(Math.min(turn, turn / workers * boost), ramp);
    return Math.max(1, Math.min(waiting, Math.round(part)));
  }

  /** Learns how long the line was. */
  void reserved(long lineMicros, int workers) {
    if (lineMicros < SHORT_LINE_MICROS) {
      boost = Math.min(workers, boost * 2);
      ramp = Math.min(MOST_CALLS, ramp * 2);
    } else if ((double) lineMicros > LONG_LINE_TURNS * (double) turnMicros(workers)) {
      boost = Math.max(1, boost / 2);
    }
  }
}
