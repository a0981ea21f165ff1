package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a call costs in positions, from an estimate of its tokens. Estimates that are usually wrong
 * by some ratio are corrected by it; what a call used beyond its estimate is charged to later
 * calls, which take up to twice what they would, and what it left makes them take as little as
 * half: never a bunch. Not thread-safe.
 */
final class Estimates {
  /** The weight of earlier calls against the next one. */
  private static final double MEMORY = 0.98;

  private static final double FIRST_WEIGHT = 5;
  private static final double MOST = 20;

  /** So much of what was left is remembered, as calls of usual size. */
  private static final double CREDIT_CALLS = 5;

  private static final class Ratio {
    private double estimated;
    private double used;

    double value() {
      return estimated <= 0 ? 1 : Math.min(MOST, Math.max(1 / MOST, used / estimated));
    }

    void learn(double estimate, double actual) {
      if (estimate <= 0) {
        return;
      }
      if (estimated <= 0) {
        estimated = estimate * FIRST_WEIGHT;
        used = estimated;
      }
      estimated = estimated * MEMORY + estimate;
      used = used * MEMORY + actual;
    }
  }

  private final Ratio input = new Ratio();
  private final Ratio output = new Ratio();
  private final Map<Dimension, Double> owed = new EnumMap<>(Dimension.class);
  private final Map<Dimension, Double> usual = new EnumMap<>(Dimension.class);
  private long takenCalls;

  /** What to expect of a call, in units: corrected, but without what is owed. */
  double expected(Dimension dimension, TokenAmount estimate) {
    double in = (double) estimate.input() * input.value();
    double out = (double) estimate.output() * output.value();
    return of(dimension, in, out);
  }

  /** What to take for a call now, in positions. */
  long charge(Dimension dimension, TokenAmount estimate) {
    double expected = expected(dimension, estimate);
    return positions(dimension, expected + settled(dimension, expected));
  }

  /** A usual call, in positions; at least one position. */
  long usualCharge(Dimension dimension, long otherwise) {
    Double known = usual.get(dimension);
    return known == null ? otherwise : Math.max(1, positions(dimension, known));
  }

  void taken(Dimension dimension, TokenAmount estimate) {
    double expected = expected(dimension, estimate);
    owed.merge(dimension, -settled(dimension, expected), Double::sum);
    takenCalls++;
    double weight = Math.max(1 - MEMORY, 1.0 / (double) takenCalls);
    usual.merge(dimension, expected, (before, now) -> before + (now - before) * weight);
  }

  /** Undoes {@link #taken}, but for rounding. */
  void givenBack(Dimension dimension, double expected, long charged) {
    double charge = (double) charged / (double) dimension.positionsPerUnit();
    owed.merge(dimension, charge - expected, Double::sum);
  }

  /** A call that was expected to use {@code expected} units used {@code actual}. */
  void settle(Dimension dimension, double expected, TokenAmount actual) {
    if (dimension == Dimension.REQUESTS) {
      return;
    }
    double used = of(dimension, (double) actual.input(), (double) actual.output());
    double least = -CREDIT_CALLS * usual.getOrDefault(dimension, expected);
    double now = owed.getOrDefault(dimension, 0.0) + used - expected;
    owed.put(dimension, Math.max(least, now));
  }

  void learn(TokenAmount estimate, TokenAmount actual) {
    input.learn((double) estimate.input(), (double) actual.input());
    output.learn((double) estimate.output(), (double) actual.output());
  }

  private double settled(Dimension dimension, double expected) {
    double open = owed.getOrDefault(dimension, 0.0);
    return Math.min(expected, Math.max(-expected / 2, open));
  }

  private static double of(Dimension dimension, double in, double out) {
    return switch (dimension) {
      case REQUESTS -> 1;
      case TOKENS -> in + out;
      case INPUT_TOKENS -> in;
      case OUTPUT_TOKENS -> out;
    };
  }

  private static long positions(Dimension dimension, double units) {
    return Math.round(units * (double) dimension.positionsPerUnit());
  }
}
