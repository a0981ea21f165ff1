package io.promptbeam.pipeline.llm.simulated;

import io.promptbeam.catalog.Simulation;
import java.util.SplittableRandom;

/**
 * Decides what becomes of a call from nothing but the seed, the request's bytes and how often they
 * came before, so that runs repeat whatever the order and timing of calls. Immutable.
 */
final class Behaviour {
  enum Outcome {
    ANSWER,
    RATE_LIMITED,
    SERVER_ERROR,
    UNAVAILABLE,
    REFUSED,
    GARBAGE
  }

  /**
   * What becomes of one call.
   *
   * @param seed for whatever else the answer needs to choose; the same for every attempt
   */
  record Plan(Outcome outcome, long latencyNanos, long seed) {}

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final Simulation simulation;

  Behaviour(Simulation simulation) {
    this.simulation = simulation;
  }

  /** 64-bit FNV-1a. */
  static long hash(byte[] body) {
    long hash = FNV_OFFSET;
    for (byte b : body) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return hash;
  }

  /**
   * Decides one call.
   *
   * @param attempt 1 for the first call with these bytes
   */
  Plan plan(long bodyHash, int attempt) {
    long promptSeed = mix(bodyHash ^ mix(simulation.seed()));
    if (new SplittableRandom(promptSeed).nextDouble() < simulation.refusalRate()) {
      return new Plan(Outcome.REFUSED, latencyNanos(new SplittableRandom(~promptSeed)), promptSeed);
    }
    var random = new SplittableRandom(mix(promptSeed + attempt));
    long latencyNanos = latencyNanos(random);
    double draw = random.nextDouble();
    if (draw < simulation.errorRate()) {
      Outcome outcome =
          switch (random.nextInt(3)) {
            case 0 -> Outcome.RATE_LIMITED;
            case 1 -> Outcome.SERVER_ERROR;
            default -> Outcome.UNAVAILABLE;
          };
      return new Plan(outcome, latencyNanos, promptSeed);
    }
    if (draw < simulation.errorRate() + simulation.garbageRate()) {
      return new Plan(Outcome.GARBAGE, latencyNanos, promptSeed);
    }
    return new Plan(Outcome.ANSWER, latencyNanos, promptSeed);
  }

  private long latencyNanos(SplittableRandom random) {
    // Box-Muller: unlike nextGaussian, the same on every Java version.
    double gaussian =
        StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()))
            * StrictMath.cos(2 * Math.PI * random.nextDouble());
    double factor = StrictMath.exp(simulation.latencySigma() * gaussian);
    return (long) (simulation.latencyMedian().toNanos() * factor);
  }

  /** The finalizer of MurmurHash3: every input bit changes every output bit half of the time. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
