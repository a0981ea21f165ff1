package io.promptbeam.store;

import io.promptbeam.notice.NoticeLane;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * That somebody must look at a notice at a time. Every notice that waits has one; entries that are
 * not its newest are left over.
 *
 * @param at in milliseconds
 * @param key of the notice
 */
public record DueNotice(NoticeLane lane, Instant at, String key) {
  public DueNotice {
    at = at.truncatedTo(ChronoUnit.MILLIS);
  }
}
