package io.promptbeam.submit;

import io.promptbeam.job.JobSpec;
import io.promptbeam.store.JobStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears the due rows of published jobs in bulk: what gathers while one write is on its way goes
 * out with the next. Nobody waits for it, because a due row that stays only costs a second,
 * harmless dispatch. Thread-safe.
 */
final class DispatchMarker {
  private static final Logger log = LoggerFactory.getLogger(DispatchMarker.class);
  private static final int MAX_JOBS_PER_WRITE = 1_000;

  private final JobStore store;
  private final Object lock = new Object();
  private List<JobSpec> waiting = new ArrayList<>();
  private boolean writing;

  DispatchMarker(JobStore store) {
    this.store = store;
  }

  void mark(List<JobSpec> published) {
    synchronized (lock) {
      waiting.addAll(published);
      if (writing) {
        return;
      }
      writing = true;
    }
    writeNext();
  }

  private void writeNext() {
    while (true) {
      List<JobSpec> now;
      synchronized (lock) {
        if (waiting.isEmpty()) {
          writing = false;
          return;
        }
        int size = Math.min(waiting.size(), MAX_JOBS_PER_WRITE);
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
  private CompletableFuture<Boolean> write(List<JobSpec> jobs) {
    try {
      return store
          .markDispatched(jobs)
          .handle(
              (done, failure) -> {
                if (failure != null) {
                  log.debug("{} due rows stay, their jobs may be sent again", jobs.size(), failure);
                }
                return failure == null;
              });
    } catch (RuntimeException e) {
      log.debug("{} due rows stay, their jobs may be sent again", jobs.size(), e);
      return CompletableFuture.completedFuture(false);
    }
  }
}
