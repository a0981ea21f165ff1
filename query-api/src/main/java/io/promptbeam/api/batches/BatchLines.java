package io.promptbeam.api.batches;

import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.job.Job;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.JobStore;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** A batch's lines in order, for answers that are written as they are read. Thread-safe; blocks. */
public final class BatchLines {
  /** Takes a line. */
  @FunctionalInterface
  public interface Taker {
    void take(Job line) throws IOException;
  }

  private static final int MOST_AHEAD = 4;
  private static final long BYTES_AHEAD = 4_000_000;

  private final Supplier<BatchStore> store;

  public BatchLines(Supplier<BatchStore> store) {
    this.store = store;
  }

  /**
   * Gives all lines from {@code first} on, each as it stands. The segments that follow are read
   * meanwhile: several while they are small, one while they are large.
   *
   * @param first line's number, counted from 0
   */
  public void forEach(BatchProgress progress, int first, Set<JobStore.Part> parts, Taker taker)
      throws IOException {
    int segments = progress.segments();
    int skip = first % BatchLine.PER_SEGMENT;
    int next = first / BatchLine.PER_SEGMENT;
    Deque<CompletableFuture<List<Job>>> ahead = new ArrayDeque<>();
    int wanted = 1;
    while (next < segments || !ahead.isEmpty()) {
      while (next < segments && ahead.size() <= wanted) {
        ahead.add(read(progress, next++, parts));
      }
      List<Job> lines = joined(ahead.remove());
      wanted = (int) Math.max(1, Math.min(MOST_AHEAD, BYTES_AHEAD / Math.max(1, bytes(lines))));
      for (Job line : lines.subList(Math.min(skip, lines.size()), lines.size())) {
        taker.take(progress.asItStands(line));
      }
      skip = 0;
    }
  }

  /** Of their results, which is what may be large. */
  private static long bytes(List<Job> lines) {
    return lines.stream().mapToLong(line -> line.result().map(r -> r.length).orElse(0)).sum();
  }

  private CompletableFuture<List<Job>> read(
      BatchProgress progress, int segment, Set<JobStore.Part> parts) {
    return store.get().lines(progress.batch().spec().id(), segment, parts);
  }

  private static List<Job> joined(CompletableFuture<List<Job>> read) throws IOException {
    try {
      return read.join();
    } catch (CompletionException e) {
      throw new IOException("the store does not answer", e.getCause());
    }
  }
}
