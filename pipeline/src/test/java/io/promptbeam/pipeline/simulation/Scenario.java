package io.promptbeam.pipeline.simulation;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What a seed's world is like. Every kind of fault is on in some worlds and off in others, so that
 * one does not always hide another.
 *
 * @param durable the runner keeps what waits when a worker dies, as service runners do; else it
 *     forgets it, as the DirectRunner does, and its pipelines sweep everything at their start
 * @param faultsFor after so long the world is kind
 */
record Scenario(
    int workers,
    int apis,
    int jobs,
    boolean durable,
    Duration faultsFor,
    Duration sweepEvery,
    Duration leaseFor,
    Duration callTimeout,
    int maxInFlight,
    double crashesPerStep,
    double pausesPerStep,
    int faultsPerProcess,
    int gracefulRestarts,
    Duration maxSkew,
    double clockJumps,
    double storeErrors,
    int storeOutages,
    double slowStore,
    double lostPublishes,
    double duplicates,
    double delays,
    int queueOutages,
    double llmErrors,
    double llmThrottles,
    double llmRefusals,
    double llmHangs,
    double llmSlow,
    int llmOutages,
    double cancels,
    double erasures,
    double keyed,
    double lostResponses) {

  static Scenario of(SplittableRandom random) {
    boolean calm = random.nextInt(20) == 0;
    return new Dice(random, calm).scenario();
  }

  /** Nothing goes wrong but what a provider answers. */
  boolean isCalm() {
    return crashesPerStep == 0
        && pausesPerStep == 0
        && gracefulRestarts == 0
        && maxSkew.isZero()
        && !hasStoreFaults()
        && lostPublishes == 0
        && queueOutages == 0
        && delays == 0
        && llmOutages == 0;
  }

  boolean hasStoreFaults() {
    return storeErrors > 0 || storeOutages > 0 || slowStore > 0;
  }

  /**
   * By when after the last fault every job must have ended: it may be due late on the fastest clock
   * and looked at by the slowest, and may have to wait for a lease, a hanging call and a retry.
   */
  Duration patience() {
    Duration patience =
        leaseFor
            .plus(callTimeout)
            .plus(sweepEvery.multipliedBy(3))
            .plus(SimLlm.MAX_RETRY_AFTER)
            .plus(Duration.ofMinutes(3));
    if (durable || hasStoreFaults()) {
      // What was moved and then lost on its way to a worker is looked at again after so long.
      patience = patience.plus(Duration.ofMinutes(11));
    }
    return patience.plus(maxSkew.multipliedBy(2));
  }

  private record Dice(SplittableRandom random, boolean calm) {
    private boolean on() {
      return !calm && random.nextInt(2) == 0;
    }

    private double rate(double low, double high) {
      return on() ? low * Math.pow(high / low, random.nextDouble()) : 0;
    }

    private int times(int most) {
      return on() ? 1 + random.nextInt(most) : 0;
    }

    Scenario scenario() {
      boolean skewed = !calm && random.nextInt(3) == 0;
      return new Scenario(
          1 + random.nextInt(3),
          1 + random.nextInt(2),
          8 + random.nextInt(random.nextInt(4) == 0 ? 33 : 13),
          random.nextBoolean(),
          Duration.ofMinutes(4 + random.nextInt(random.nextInt(5) == 0 ? 40 : 12)),
          Duration.ofSeconds(random.nextInt(3) == 0 ? 20 : 10),
          Duration.ofSeconds(random.nextInt(3) == 0 ? 20 : 60),
          Duration.ofSeconds(random.nextInt(3) == 0 ? 300 : 45),
          random.nextInt(3) == 0 ? 2 : 20,
          rate(0.0003, 0.03),
          rate(0.0003, 0.03),
          4 + random.nextInt(17),
          times(3),
          skewed ? Duration.ofSeconds(1 + random.nextInt(600)) : Duration.ZERO,
          skewed && random.nextBoolean() ? 0.3 : 0,
          rate(0.002, 0.15),
          times(2),
          rate(0.002, 0.05),
          rate(0.02, 0.5),
          rate(0.02, 0.5),
          rate(0.02, 0.5),
          times(2),
          rate(0.02, 0.5),
          rate(0.02, 0.3),
          rate(0.02, 0.2),
          rate(0.02, 0.2),
          rate(0.02, 0.4),
          times(2),
          rate(0.05, 0.6),
          rate(0.05, 0.3),
          random.nextDouble(),
          rate(0.02, 0.4));
    }
  }
}
