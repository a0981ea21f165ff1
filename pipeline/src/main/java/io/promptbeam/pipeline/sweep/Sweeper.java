package io.promptbeam.pipeline.sweep;

import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.message.JobReference;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
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
  private static final SparseWarning UNENDED = new SparseWarning(LOG);
  private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

  private final JobStore store;
  private final Jobs jobs;
  private final Clock clock;
  private final SweepConfig config;
  private final EndedNotices notices;
  private final BatchSweep batchSweep;

  /**
   * A sweeper of {@code store}.
   *
   * @param notices told of whatever has ended before it is looked at for the last time
   */
  public Sweeper(JobStore store, EndedNotices notices, Clock clock, SweepConfig config) {
    this.store = store;
    this.jobs = new Jobs(store, clock);
    this.clock = clock;
    this.config = config;
    this.notices = notices;
    this.batchSweep = new BatchSweep(store, notices, clock, config);
  }

  /**
   * Goes through one bucket, for as long as {@link SweepConfig#patience}. What is not reached then
   * stays due, and so does what is left when the store fails on the way.
   *
   * @return fails with {@link io.promptbeam.store.StoreUnavailableException} when nothing was done
   */
  public CompletableFuture<Swept> sweep(int bucket, Scope scope) {
    Instant now = clock.instant();
    return nextPage(
        new Round(bucket, scope == Scope.DUE ? now : END_OF_TIME, now.plus(config.patience())),
        Optional.empty(),
        new Findings());
  }

  private record Round(int bucket, Instant until, Instant endsAt) {}

  /** What has been found so far. Confined to one sweep, whose steps follow one another. */
  private static final class Findings {
    private final Set<JobId> seen = new HashSet<>();
    private final List<JobReference> again = new ArrayList<>();
    private final List<JobOutcome> ended = new ArrayList<>();
    private final List<SegmentItem> segments = new ArrayList<>();
    private final List<BatchSpec> batches = new ArrayList<>();
    private int looked;
    private int pages;

    Swept swept() {
      return new Swept(looked, again, ended, segments, batches);
    }
  }

  private CompletableFuture<Swept> nextPage(
      Round round, Optional<DueEntry> after, Findings findings) {
    if (findings.pages > 0 && !clock.instant().isBefore(round.endsAt())) {
      return CompletableFuture.completedFuture(findings.swept());
    }
    CompletableFuture<Optional<DueEntry>> last =
        store
            .due(round.bucket(), round.until(), after, config.pageSize())
            .thenCompose(page -> lookAt(page, findings));
    return last.thenCompose(
            entry -> {
              findings.pages++;
              return entry.isEmpty()
                  ? CompletableFuture.completedFuture(findings.swept())
                  : nextPage(round, entry, findings);
            })
        .exceptionallyCompose(
            failure ->
                // The entries of the pages before are moved: their jobs must be handed over.
                findings.pages > 0
                    ? CompletableFuture.completedFuture(findings.swept())
                    : CompletableFuture.failedFuture(failure));
  }

  /** Completes with the last entry of {@code page}, if it has any. */
  private CompletableFuture<Optional<DueEntry>> lookAt(List<DueEntry> page, Findings findings) {
    if (page.isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    List<DueEntry> ofJobs =
        page.stream().filter(e -> BatchLine.batchOfDueId(e.jobId()).isEmpty()).toList();
    List<JobId> ids = ofJobs.stream().map(DueEntry::jobId).distinct().toList();
    Instant now = clock.instant();
    return store
        .read(ids, Set.of())
        .thenCombine(
            store.absent(orphaned(ofJobs, now)),
            (found, absent) -> decide(ofJobs, found, absent, findings))
        .thenCombine(batchSweep.decide(unseenBatches(page, findings)), Page::addBatches)
        .thenCompose(decided -> decided.carryOut(findings))
        .thenApply(done -> Optional.of(page.get(page.size() - 1)));
  }

  /** Moved entries of a sweep over everything come up again, further on. */
  private static List<DueEntry> unseenBatches(List<DueEntry> page, Findings findings) {
    return page.stream()
        .filter(entry -> BatchLine.batchOfDueId(entry.jobId()).isPresent())
        .filter(entry -> findings.seen.add(entry.jobId()))
        .toList();
  }

  /**
   * Jobs of entries that are so old that a creation would be over. Whether there is no such job or
   * only one this version cannot read, is another question.
   */
  private static Set<JobId> orphaned(List<DueEntry> page, Instant now) {
    Set<JobId> old = new HashSet<>();
    for (DueEntry entry : page) {
      if (!now.isBefore(entry.at().plus(DueEntry.ORPHANED_AFTER))) {
        old.add(entry.jobId());
      }
    }
    return old;
  }

  private Page decide(
      List<DueEntry> page, Map<JobId, Job> found, Set<JobId> absent, Findings findings) {
    Page decided = new Page(clock.instant());
    for (DueEntry entry : page) {
      findings.looked++;
      Job job = found.get(entry.jobId());
      if (job == null) {
        if (absent.contains(entry.jobId())) {
          decided.remove.add(entry);
        }
      } else if (findings.seen.add(entry.jobId())) {
        decided.decide(entry, job);
      } else if (job.run().state().isTerminal()) {
        // Moved entries of a sweep over everything come up again, further on.
        decided.forget(entry, job);
      }
    }
    return decided;
  }

  /** What is to be done about the entries of one page. */
  private final class Page {
    private final Instant now;
    private final Map<DueEntry, Instant> move = new HashMap<>();
    private final List<DueEntry> remove = new ArrayList<>();
    private final List<JobReference> again = new ArrayList<>();
    private final Map<DueEntry, Job> ended = new HashMap<>();
    private final Map<DueEntry, Ending> end = new HashMap<>();
    private final List<BatchSweep.Decision> batches = new ArrayList<>();

    private record Ending(Job job, JobEvent event) {}

    Page(Instant now) {
      this.now = now;
    }

    void decide(DueEntry entry, Job job) {
      JobRun run = job.run();
      Instant deadline = job.spec().limits().deadline();
      Optional<Instant> notBefore = run.notBefore(job.spec().limits());
      Optional<Instant> lapse =
          run.lease().map(Lease::expiresAt).map(at -> at.plus(config.leaseSlack()));
      if (run.state().isTerminal()) {
        forget(entry, job);
      } else if (lapse.isPresent() && now.isBefore(lapse.get())) {
        moveTo(entry, lapse.get());
      } else if (run.cancelRequested()) {
        end.put(entry, new Ending(job, new JobEvent.RequestCancel()));
      } else if (!now.isBefore(deadline)) {
        end.put(entry, new Ending(job, new JobEvent.Expire()));
      } else if (run.attempt() >= job.spec().limits().maxAttempts()) {
        end.put(entry, new Ending(job, new JobEvent.GiveUp(config.giveUpGrace())));
      } else if (notBefore.filter(now::isBefore).isPresent()) {
        moveTo(entry, earlier(notBefore.get(), deadline));
      } else {
        moveTo(entry, earlier(now.plus(spacing(job)), deadline));
        again.add(JobReference.to(job.spec()));
      }
    }

    /** Of a job that has ended. */
    void forget(DueEntry entry, Job job) {
      ended.put(entry, job);
    }

    /** With what is decided about batches. */
    Page addBatches(List<BatchSweep.Decision> decisions) {
      for (BatchSweep.Decision each : decisions) {
        each.next().ifPresentOrElse(at -> moveTo(each.entry(), at), () -> remove.add(each.entry()));
        batches.add(each);
      }
      return this;
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
      ended.forEach((entry, job) -> endings.add(removeOnceKept(entry, job)));
      return CompletableFuture.allOf(endings.toArray(CompletableFuture<?>[]::new))
          .thenCompose(ended -> store.moveDue(move))
          .thenCompose(moved -> store.removeDue(remove))
          .thenAccept(removed -> handOver(findings));
    }

    private void handOver(Findings findings) {
      findings.again.addAll(again);
      for (BatchSweep.Decision each : batches) {
        findings.looked++;
        findings.segments.addAll(each.items());
        each.expand().ifPresent(findings.batches::add);
      }
    }

    /** Never fails: an entry whose notice could not be kept stays. */
    private CompletableFuture<Void> removeOnceKept(DueEntry entry, Job job) {
      return notices
          .ended(job)
          .handle(
              (kept, failure) -> {
                if (failure == null) {
                  synchronized (this) {
                    remove.add(entry);
                  }
                }
                return null;
              });
    }

    private CompletableFuture<Void> end(DueEntry entry, Ending ending, Findings findings) {
      return jobs.apply(ending.job(), ending.event())
          .thenCompose(
              applied -> {
                if (!(applied instanceof Jobs.Applied.Done done)) {
                  // Refused: somebody else was faster. The entry stays due, and shows it next time.
                  return CompletableFuture.<Void>completedFuture(null);
                }
                synchronized (this) {
                  findings.ended.add(JobOutcome.of(done.job()));
                }
                LOG.info(
                    "job {}: {} by the sweep", entry.jobId(), done.job().run().state().wireName());
                return removeOnceKept(entry, done.job());
              })
          .exceptionally(
              failure -> {
                // One job that cannot be ended must not keep the others from being looked at.
                UNENDED.warn(
                    () ->
                        "job "
                            + entry.jobId()
                            + " could not be ended by the sweep: "
                            + SparseWarning.reason(failure));
                return null;
              });
    }
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
