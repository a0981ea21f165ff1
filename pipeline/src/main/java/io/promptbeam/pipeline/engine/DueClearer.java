package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the first due entries of ended jobs, in bulk: what gathers while one write is on its way
 * goes out with the next. Nobody waits for it, because an entry that stays, or that a sweep has
 * moved, is removed by the sweep when its time comes. Thread-safe.
 */
final class DueClearer {
  private static final Logger LOG = LoggerFactory.getLogger(DueClearer.class);
  private static final int MAX_PER_WRITE = 1_000;

  private final JobStore store;
  private final EndedNotices notices;
  private final Object lock = new Object();
  private List<DueEntry> waiting = new ArrayList<>();
  private boolean writing;

  DueClearer(JobStore store, EndedNotices notices) {
    this.store = store;
    this.notices = notices;
  }

  /**
   * Once whoever wants to hear of the job's end is sure to: without the entry nobody would look.
   */
  void clear(Job ended) {
    var unused = notices.ended(ended).thenRun(() -> clear(DueEntry.first(ended.spec())));
  }

  private void clear(DueEntry ended) {
    synchronized (lock) {
      waiting.add(ended);
      if (writing) {
        return;
      }
      writing = true;
    }
    writeNext();
  }

  private void writeNext() {
    while (true) {
      List<DueEntry> now;
      synchronized (lock) {
        if (waiting.isEmpty()) {
          writing = false;
          return;
        }
        int size = Math.min(waiting.size(), MAX_PER_WRITE);
        now = List.copyOf(waiting.subList(0, size));
        waiting = new ArrayList<>(waiting.subList(size, waiting.size()));
      }
      var write = write(now);
      if (!write.isDone()) {
        var unused = write.thenRun(this::writeNext);
        return;
      }
    }
  }

  /** Never fails. */
  private CompletableFuture<Boolean> write(List<DueEntry> entries) {
    try {
      return store
          .removeDue(entries)
          .handle(
              (done, failure) -> {
                if (failure != null) {
                  LOG.debug("{} due entries are left to the sweep", entries.size(), failure);
                }
                return failure == null;
              });
    } catch (RuntimeException e) {
      LOG.debug("{} due entries are left to the sweep", entries.size(), e);
      return CompletableFuture.completedFuture(false);
    }
  }
}
