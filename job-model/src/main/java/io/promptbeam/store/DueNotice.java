package io.promptbeam.store;

import io.promptbeam.job.Owner;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * That somebody must look at a notice at a time. Every notice that waits has one; entries that are
 * not its newest are left over.
 *
 * @param at in milliseconds
 */
public record DueNotice(Owner owner, Instant at, String id) {
  public DueNotice {
    at = at.truncatedTo(ChronoUnit.MILLIS);
  }
}
