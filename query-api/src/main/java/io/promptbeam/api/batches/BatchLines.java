package io.promptbeam.api.batches;

import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.job.Job;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.JobStore;
import java.io.IOException;
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

  private final Supplier<BatchStore> store;

  public BatchLines(Supplier<BatchStore> store) {
    this.store = store;
  }

  /**
   * Gives all lines from {@code first} on, each as it stands; the next segment is read while one is
   * taken.
   *
   * @param first line's number, counted from 0
   */
  public void forEach(BatchProgress progress, int first, Set<JobStore.Part> parts, Taker taker)
      throws IOException {
    int segments = progress.segments();
    int segment = first / BatchLine.PER_SEGMENT;
    int skip = first % BatchLine.PER_SEGMENT;
    CompletableFuture<List<Job>> ahead =
        segment < segments
            ? read(progress, segment, parts)
            : CompletableFuture.completedFuture(List.of());
    for (; segment < segments; segment++) {
      List<Job> lines = joined(ahead);
      if (segment + 1 < segments) {
        ahead = read(progress, segment + 1, parts);
      }
      for (Job line : lines.subList(Math.min(skip, lines.size()), lines.size())) {
        taker.take(progress.asItStands(line));
      }
      skip = 0;
    }
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
