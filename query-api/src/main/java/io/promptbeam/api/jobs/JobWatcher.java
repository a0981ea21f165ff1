package io.promptbeam.api.jobs;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for jobs to change state: one loop for all waiters of this process, which reads every
 * waited-for job in one bulk read a tick, and does nothing while nobody waits. Thread-safe.
 */
final class JobWatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JobWatcher.class);
  private static final int FAILED_TICKS_FACTOR = 20;

  private final JobStore store;
  private final Duration tick;
  private final int maxWaiters;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService loop =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "promptbeam-job-watcher");
            thread.setDaemon(true);
            return thread;
          });
  private boolean ticking;
  private boolean closed;

  JobWatcher(JobStore store, Duration tick, int maxWaiters) {
    this.store = store;
    this.tick = tick;
    this.maxWaiters = maxWaiters;
  }

  // Identity, not content, tells waiters apart: two may wait for the same.
  private static final class Waiter {
    private final JobId id;
    private final JobState from;
    private final CompletableFuture<Void> changed = new CompletableFuture<>();

    Waiter(JobId id, JobState from) {
      this.id = id;
      this.from = from;
    }
  }

  /**
   * Completes, never exceptionally, when the job's state is no longer {@code from} or is gone, when
   * {@code atMost} is over, or when the watcher closes. Empty when there are too many waiters.
   */
  Optional<CompletableFuture<Void>> await(JobId id, JobState from, Duration atMost) {
    if (waiting.incrementAndGet() > maxWaiters) {
      waiting.decrementAndGet();
      return Optional.empty();
    }
    Waiter waiter = new Waiter(id, from);
    waiters.add(waiter);
    CompletableFuture<Void> done =
        waiter
            .changed
            .completeOnTimeout(null, atMost.toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete(
                (changed, failure) -> {
                  waiters.remove(waiter);
                  waiting.decrementAndGet();
                });
    startTicking(waiter);
    return Optional.of(done);
  }

  private synchronized void startTicking(Waiter waiter) {
    if (closed) {
      waiter.changed.complete(null);
    } else if (!ticking) {
      ticking = true;
      schedule(tick);
    }
  }

  private synchronized void schedule(Duration after) {
    if (closed) {
      return;
    }
    if (waiters.isEmpty()) {
      ticking = false;
      return;
    }
    var unused = loop.schedule(this::tick, after.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void tick() {
    CompletableFuture<Map<JobId, Job>> read;
    List<Waiter> asking = List.copyOf(waiters);
    try {
      read = store.read(asking.stream().map(waiter -> waiter.id).distinct().toList(), Set.of());
    } catch (RuntimeException e) {
      read = CompletableFuture.failedFuture(e);
    }
    var unused =
        read.handle(
            (jobs, failure) -> {
              if (failure != null) {
                log.debug("cannot look after {} waiting requests", asking.size(), failure);
                schedule(tick.multipliedBy(FAILED_TICKS_FACTOR));
                return false;
              }
              for (Waiter waiter : asking) {
                Job job = jobs.get(waiter.id);
                if (job == null || job.run().state() != waiter.from) {
                  // Elsewhere: what follows renders an answer, and the store's thread has to go on.
                  waiter.changed.completeAsync(() -> null);
                }
              }
              schedule(tick);
              return true;
            });
  }

  /** Lets every waiter go. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    loop.shutdownNow();
    waiters.forEach(waiter -> waiter.changed.complete(null));
  }
}
