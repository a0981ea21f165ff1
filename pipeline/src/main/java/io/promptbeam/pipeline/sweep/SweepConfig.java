package io.promptbeam.pipeline.sweep;

import java.time.Duration;

/**
 * How a sweeper works.
 *
 * @param minSpacing a waiting job is handed over again this long after it was last looked at...
 * @param maxSpacing ...or after as long as it has waited already, up to this
 * @param leaseSlack a lease is taken for lapsed this much later than it says, for clocks that
 *     differ
 * @param pageSize entries in one read
 */
public record SweepConfig(
    Duration minSpacing, Duration maxSpacing, Duration leaseSlack, int pageSize) {
  public static final SweepConfig DEFAULT =
      new SweepConfig(Duration.ofSeconds(60), Duration.ofMinutes(10), Duration.ofSeconds(1), 1_000);
}
