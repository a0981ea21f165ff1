package io.promptbeam.api.jobs;

import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.OwnerCounters;
import io.promptbeam.store.OwnerCounters.Counts;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts an owner's jobs that have not ended anew, in the background. The running count is off by
 * what processes did not get to write before they died, and by jobs that came another way than
 * through the service. It is corrected every hour in which the owner submits, and every minute in
 * which it is refused. What happens while it counts may be counted twice or not at all, so the
 * count is right to within the jobs that begin and end in that time. Thread-safe.
 */
final class WaitingRecount {
  private static final Logger log = LoggerFactory.getLogger(WaitingRecount.class);
  private static final SparseWarning FAILED = new SparseWarning(log);
  private static final Duration USUALLY = Duration.ofHours(1);
  private static final Duration WHEN_IN_DOUBT = Duration.ofMinutes(1);
  private static final int PAGE = 100;

  /** Of the owner's whole list, a page may look at thousands of jobs. */
  private static final int MAX_PAGES = 20_000;

  private final JobStore store;
  private final OwnerCounters counters;

  WaitingRecount(JobStore store, OwnerCounters counters) {
    this.store = store;
    this.counters = counters;
  }

  /**
   * Begins to count, if it is time and nobody else does.
   *
   * @param counts with {@code spec} counted, which is not stored yet
   */
  void ifNeeded(JobSpec spec, Counts counts, boolean refused, Instant now) {
    Duration pause = refused || counts.waiting() < 0 ? WHEN_IN_DOUBT : USUALLY;
    if (now.isBefore(counts.recountedAt()) || !counts.recountedAt().plus(pause).isBefore(now)) {
      return;
    }
    Owner owner = spec.owner();
    var unused =
        counters
            .recounting(owner, counts.recountedAt(), now)
            .thenCompose(
                mine ->
                    mine
                        ? count(spec)
                            .thenCompose(
                                waiting ->
                                    counters.add(owner, waiting - (counts.waiting() - 1), 0, 0))
                            .thenApply(done -> true)
                        : CompletableFuture.completedFuture(false))
            .exceptionally(
                failure -> {
                  FAILED.warn(
                      () ->
                          "the waiting jobs of owner "
                              + owner
                              + " could not be counted: "
                              + SparseWarning.reason(failure));
                  return false;
                });
  }

  private CompletableFuture<Long> count(JobSpec before) {
    return count(before, JobState.PENDING, Optional.empty(), 0, 0)
        .thenCompose(
            pending ->
                count(before, JobState.PROCESSING, Optional.empty(), 0, 0)
                    .thenApply(processing -> pending + processing));
  }

  private CompletableFuture<Long> count(
      JobSpec before, JobState state, Optional<String> after, long counted, int pages) {
    var filter =
        new JobFilter(
            Optional.of(state),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(before.createdAt()));
    return store
        .list(before.owner(), filter, PAGE, after)
        .thenCompose(
            page -> {
              long found = counted + page.jobs().size();
              return page.next().isPresent() && pages < MAX_PAGES
                  ? count(before, state, page.next(), found, pages + 1)
                  : CompletableFuture.completedFuture(found);
            });
  }
}
