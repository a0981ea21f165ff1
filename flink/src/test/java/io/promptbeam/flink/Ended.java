package io.promptbeam.flink;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until jobs have ended, by their rows, looking mostly at the oldest that have not: a look at
 * all of them would be work for the store that is measured. Not thread-safe.
 */
final class Ended {
  private static final int WINDOW = 200;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Servers servers;
  private final List<JobId> open;
  private final int all;
  private final List<Job> ended = new ArrayList<>();

  Ended(Servers servers, List<JobId> ids) {
    this.servers = servers;
    this.open = new ArrayList<>(ids);
    this.all = ids.size();
  }

  /** One look at some; answers how many are known to have ended. */
  int look() {
    boolean found = true;
    while (found && !open.isEmpty()) {
      List<JobId> window = List.copyOf(open.subList(0, Math.min(WINDOW, open.size())));
      List<Job> done =
          servers.read(window).stream().filter(job -> job.run().state().isTerminal()).toList();
      ended.addAll(done);
      open.removeAll(done.stream().map(job -> job.spec().id()).toList());
      found = done.size() == window.size();
    }
    return ended.size();
  }

  /** Blocks until all have ended. */
  List<Job> await(Duration patience) {
    long begin = System.nanoTime();
    while (look() < all) {
      if (System.nanoTime() - begin > patience.toNanos()) {
        throw new AssertionError(
            "waited in vain for "
                + open.size()
                + " of "
                + all
                + " jobs: "
                + servers.read(open.subList(0, 1)));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return ended;
  }

  long completed() {
    return ended.stream().filter(job -> job.run().state() == JobState.COMPLETED).count();
  }
}
