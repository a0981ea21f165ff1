package io.promptbeam.local.run;

import io.promptbeam.job.JobId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The jobs of a run that are submitted and have no result yet, oldest first. Bounded, so that a
 * long file is read only as fast as it is worked off. Thread-safe.
 */
final class Outstanding {
  /** What is kept of a line: not its content, or large lines would fill the memory. */
  record Line(long number, String customId) {}

  private final int capacity;
  private final Map<JobId, Line> jobs = new LinkedHashMap<>();
  private int rotation;
  private boolean closed;

  Outstanding(int capacity) {
    this.capacity = capacity;
  }

  /** Waits until there is room for as many more; false when closed meanwhile. */
  synchronized boolean awaitRoom(int count) throws InterruptedException {
    while (!closed && jobs.size() + count > capacity) {
      wait();
    }
    return !closed;
  }

  synchronized void add(JobId id, Line line) {
    jobs.put(id, line);
  }

  synchronized Optional<Line> remove(JobId id) {
    Optional<Line> line = Optional.ofNullable(jobs.remove(id));
    notifyAll();
    return line;
  }

  synchronized Collection<JobId> oldest(int count) {
    List<JobId> ids = new ArrayList<>(Math.min(count, jobs.size()));
    for (JobId id : jobs.keySet()) {
      if (ids.size() == count) {
        break;
      }
      ids.add(id);
    }
    return ids;
  }

  /**
   * The oldest, and as many of the others, which are others each time until all have been seen: a
   * slow model's jobs must not hide what has ended behind them.
   */
  synchronized Collection<JobId> oldestAndSomeOthers(int count) {
    if (jobs.size() <= 2 * count) {
      return List.copyOf(jobs.keySet());
    }
    int others = jobs.size() - count;
    int from = rotation % others;
    rotation = (from + count) % others;
    List<JobId> ids = new ArrayList<>(2 * count);
    int index = 0;
    for (JobId id : jobs.keySet()) {
      // Where the window runs over the end, it goes on at the start of the others.
      if (index < count || Math.floorMod(index - count - from, others) < count) {
        ids.add(id);
      }
      index++;
    }
    return ids;
  }

  synchronized boolean isEmpty() {
    return jobs.isEmpty();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Lets go of who waits for room. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
