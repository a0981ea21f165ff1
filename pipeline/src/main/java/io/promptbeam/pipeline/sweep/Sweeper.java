package io.promptbeam.pipeline.sweep;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the jobs that are due: the store's due index is the outbox for messages that were lost,
 * the watch over leases, and the clock for deadlines. An entry is moved before its job is handed
 * over and removed only once its job has ended, so a sweep that dies at any point loses nothing.
 * Thread-safe, never blocks; several sweepers at once are harmless and only look twice.
 */
public final class Sweeper {
  /** Which entries to look at. */
  public enum Scope {
    /** Those whose time has come. */
    DUE,
    /** All there are: nothing that was handed over before is remembered by anybody. */
    EVERYTHING
  }

  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

  private final JobStore store;
  private final Jobs jobs;
  private final Clock clock;
  private final SweepConfig config;

  public Sweeper(JobStore store, Clock clock, SweepConfig config) {
    this.store = store;
    this.jobs = new Jobs(store, clock);
    this.clock = clock;
    this.config = config;
  }

  /**
   * Goes through one bucket.
   *
   * @return fails with {@link io.promptbeam.store.StoreUnavailableException}; what was not reached
   *     stays due
   */
  public CompletableFuture<Swept> sweep(int bucket, Scope scope) {
    Instant until = scope == Scope.DUE ? clock.instant() : END_OF_TIME;
    return nextPage(bucket, until, Optional.empty(), new Findings());
  }

  /** What has been found so far. Confined to one sweep, whose steps follow one another. */
  private static final class Findings {
    private final Set<JobId> seen = new HashSet<>();
    private final List<JobReference> again = new ArrayList<>();
    private final List<JobOutcome> ended = new ArrayList<>();
    private int looked;

    Swept swept() {
      return new Swept(looked, again, ended);
    }
  }

  private CompletableFuture<Swept> nextPage(
      int bucket, Instant until, Optional<DueEntry> after, Findings findings) {
    return store
        .due(bucket, until, after, config.pageSize())
        .thenCompose(
            page -> {
              if (page.isEmpty()) {
                return CompletableFuture.completedFuture(findings.swept());
              }
              return lookAt(page, findings)
                  .thenCompose(
                      done ->
                          page.size() < config.pageSize()
                              ? CompletableFuture.completedFuture(findings.swept())
                              : nextPage(
                                  bucket, until, Optional.of(page.get(page.size() - 1)), findings));
            });
  }

  private CompletableFuture<Void> lookAt(List<DueEntry> page, Findings findings) {
    List<JobId> ids = page.stream().map(DueEntry::jobId).distinct().toList();
    return store
        .read(ids, Set.of())
        .thenCompose(
            found -> {
              Instant now = clock.instant();
              Page decided = new Page(now);
              for (DueEntry entry : page) {
                findings.looked++;
                Optional<Job> job = Optional.ofNullable(found.get(entry.jobId()));
                // Moved entries of a sweep over everything come up again, further on.
                if (job.isEmpty() || findings.seen.add(entry.jobId())) {
                  decided.decide(entry, job);
                } else if (job.get().run().state().isTerminal()) {
                  decided.remove.add(entry);
                }
              }
              return decided.carryOut(findings);
            });
  }

  /** What is to be done about the entries of one page. */
  private final class Page {
    private final Instant now;
    private final Map<DueEntry, Instant> move = new HashMap<>();
    private final List<DueEntry> remove = new ArrayList<>();
    private final List<JobReference> again = new ArrayList<>();
    private final Map<DueEntry, Ending> end = new HashMap<>();

    private record Ending(Job job, JobEvent event) {}

    Page(Instant now) {
      this.now = now;
    }

    void decide(DueEntry entry, Optional<Job> found) {
      if (found.isEmpty()) {
        // Its creation may be still going on; one that died left nothing else.
        if (!now.isBefore(entry.at().plus(DueEntry.ORPHANED_AFTER))) {
          remove.add(entry);
        }
        return;
      }
      Job job = found.get();
      JobRun run = job.run();
      Instant deadline = job.spec().limits().deadline();
      Optional<Instant> lapse =
          run.lease().map(Lease::expiresAt).map(at -> at.plus(config.leaseSlack()));
      if (run.state().isTerminal()) {
        remove.add(entry);
      } else if (lapse.isPresent() && now.isBefore(lapse.get())) {
        moveTo(entry, lapse.get());
      } else if (run.cancelRequested()) {
        end.put(entry, new Ending(job, new JobEvent.RequestCancel()));
      } else if (!now.isBefore(deadline)) {
        end.put(entry, new Ending(job, new JobEvent.Expire()));
      } else if (run.attempt() >= job.spec().limits().maxAttempts()) {
        end.put(entry, new Ending(job, new JobEvent.GiveUp()));
      } else if (run.notBefore().isPresent() && now.isBefore(run.notBefore().get())) {
        moveTo(entry, earlier(run.notBefore().get(), deadline));
      } else {
        moveTo(entry, earlier(now.plus(spacing(job)), deadline));
        again.add(JobReference.to(job.spec()));
      }
    }

    /**
     * Up to a second later, so that hardly ever two moves have the same target: a sweep that pauses
     * between writing the new entry and removing the old one would remove what another sweep has
     * moved there meanwhile.
     */
    private void moveTo(DueEntry entry, Instant at) {
      move.put(entry, at.plusMillis(Math.floorMod(now.toEpochMilli(), 1_000L)));
    }

    private Duration spacing(Job job) {
      Duration age = Duration.between(job.spec().createdAt(), now);
      if (age.compareTo(config.minSpacing()) < 0 || job.run().state() == JobState.PROCESSING) {
        return config.minSpacing();
      }
      return age.compareTo(config.maxSpacing()) < 0 ? age : config.maxSpacing();
    }

    CompletableFuture<Void> carryOut(Findings findings) {
      List<CompletableFuture<Void>> endings = new ArrayList<>();
      end.forEach((entry, ending) -> endings.add(end(entry, ending, findings)));
      return CompletableFuture.allOf(endings.toArray(CompletableFuture<?>[]::new))
          .thenCompose(ended -> store.moveDue(move))
          .thenCompose(moved -> store.removeDue(remove))
          .thenAccept(removed -> findings.again.addAll(again));
    }

    private CompletableFuture<Void> end(DueEntry entry, Ending ending, Findings findings) {
      return jobs.apply(ending.job(), ending.event())
          .thenAccept(
              applied -> {
                if (applied instanceof Jobs.Applied.Done done) {
                  synchronized (this) {
                    remove.add(entry);
                    findings.ended.add(JobOutcome.of(done.job()));
                  }
                  LOG.info(
                      "job {}: {} by the sweep",
                      entry.jobId(),
                      done.job().run().state().wireName());
                }
                // Refused: somebody else was faster. The entry stays due, and shows it next time.
              });
    }
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
