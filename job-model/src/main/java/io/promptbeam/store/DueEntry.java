package io.promptbeam.store;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;

/**
 * One row of the due index: that somebody must look at a job at a time. Every job that has not
 * ended has one.
 *
 * @param at in milliseconds
 */
public record DueEntry(JobId jobId, Instant at) implements Comparable<DueEntry> {
  /** Ranges the index is spread over, numbered from 0. */
  public static final int BUCKETS = RowKeys.BUCKETS;

  /** Long enough for most jobs to have ended, so that most are never looked at. */
  static final Duration FIRST_LOOK_AFTER = Duration.ofSeconds(60);

  /** An entry without a job is a creation that is still going on, or after so long has died. */
  public static final Duration ORPHANED_AFTER = Duration.ofDays(1);

  private static final Comparator<DueEntry> BY_TIME_THEN_ID =
      Comparator.comparing(DueEntry::at).thenComparing(entry -> entry.jobId().toString());

  public DueEntry {
    at = at.truncatedTo(ChronoUnit.MILLIS);
  }

  /** The entry a job is created with. */
  public static DueEntry first(JobSpec spec) {
    Instant look =
        isFirstLookedAtWhenItMayStart(spec)
            ? spec.limits().notBefore().orElseThrow()
            : spec.createdAt().plus(FIRST_LOOK_AFTER);
    Instant deadline = spec.limits().deadline();
    return new DueEntry(spec.id(), deadline.isBefore(look) ? deadline : look);
  }

  /** Whether it is left to the sweep to start the job, because that is not to be soon. */
  public static boolean isFirstLookedAtWhenItMayStart(JobSpec spec) {
    Instant soon = spec.createdAt().plus(FIRST_LOOK_AFTER);
    return spec.limits().notBefore().filter(at -> at.isAfter(soon)).isPresent();
  }

  public int bucket() {
    return RowKeys.bucket(jobId);
  }

  @Override
  public int compareTo(DueEntry other) {
    return BY_TIME_THEN_ID.compare(this, other);
  }
}
