package io.promptbeam.pipeline.sweep;

import java.time.Duration;

/**
 * How a sweeper works.
 *
 * @param minSpacing a waiting job is handed over again this long after it was last looked at...
 * @param maxSpacing ...or after as long as it has waited already, up to this
 * @param leaseSlack a lease is taken for lapsed this much later than it says, for clocks that
 *     differ
 * @param giveUpGrace as of {@link io.promptbeam.job.JobEvent.GiveUp}
 * @param pageSize entries in one read
 * @param patience a sweep of one bucket begins no more pages after that
 */
public record SweepConfig(
    Duration minSpacing,
    Duration maxSpacing,
    Duration leaseSlack,
    Duration giveUpGrace,
    int pageSize,
    Duration patience) {
  public static final SweepConfig DEFAULT =
      new SweepConfig(
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          1_000,
          Duration.ofSeconds(30));
}
