package io.promptbeam.api.batches;

import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.job.Job;
import io.promptbeam.store.BatchStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One search for a page of a batch's lines, in their order. Segments whose tally says that they
 * hold nothing of the kind are passed over unread; of the others it reads states only, and no more
 * than {@link #MAX_SEGMENTS} of them, however few lines it finds. One use, never blocks.
 */
final class LineSearch {
  /** Reads of a request at most: some 8,000 lines. */
  static final int MAX_SEGMENTS = 32;

  /**
   * What was found.
   *
   * @param lines without request and result
   * @param last the last line that was looked at; empty when none was
   * @param more whether there is any line after it
   */
  record Found(List<Job> lines, Optional<BatchLine> last, boolean more) {}

  private final BatchStore store;
  private final BatchProgress progress;
  private final ResultsQuery query;
  private final List<Job> found = new ArrayList<>();
  private int reads;

  /** The first line that was not looked at. */
  private int next;

  LineSearch(BatchStore store, BatchProgress progress, ResultsQuery query) {
    this.store = store;
    this.progress = progress;
    this.query = query;
    this.next = query.from();
  }

  CompletableFuture<Found> run() {
    BatchStatus status = progress.batch().run().status();
    if (status == BatchStatus.FAILED || status == BatchStatus.VALIDATING) {
      boolean more = !status.isTerminal();
      return CompletableFuture.completedFuture(new Found(List.of(), Optional.empty(), more));
    }
    int lines = progress.batch().run().lines();
    while (next < lines && !mayHold(next / BatchLine.PER_SEGMENT)) {
      next = end(next / BatchLine.PER_SEGMENT);
    }
    if (next >= lines || reads == MAX_SEGMENTS) {
      return finished(next < lines);
    }
    reads++;
    int segment = next / BatchLine.PER_SEGMENT;
    return store
        .lines(progress.batch().spec().id(), segment, Set.of())
        .thenCompose(read -> look(segment, read));
  }

  private CompletableFuture<Found> look(int segment, List<Job> read) {
    boolean unwritten = read.size() < progress.linesOf(segment);
    if (unwritten && isBeingWritten()) {
      return finished(true);
    }
    for (Job row : read) {
      int number = BatchLine.of(row.spec().id()).orElseThrow().number();
      if (number >= next) {
        next = number + 1;
        Job line = progress.asItStands(row);
        if (query.matches(line)) {
          found.add(line);
        }
        if (found.size() == query.limit() || isTheOne(row)) {
          return finished(next < progress.batch().run().lines() && !isTheOne(row));
        }
      }
    }
    next = end(segment);
    return run();
  }

  /** No two lines have the same custom id. */
  private boolean isTheOne(Job row) {
    return query.customId().isPresent() && query.customId().equals(row.spec().labels().customId());
  }

  private boolean isBeingWritten() {
    return !progress.batch().run().status().isTerminal() && progress.batch().cut().isEmpty();
  }

  private int end(int segment) {
    return segment * BatchLine.PER_SEGMENT + progress.linesOf(segment);
  }

  private boolean mayHold(int segment) {
    return query.status().map(wanted -> progress.mayHold(segment, wanted)).orElse(true);
  }

  private CompletableFuture<Found> finished(boolean more) {
    Optional<BatchLine> last =
        next > query.from()
            ? Optional.of(new BatchLine(progress.batch().spec().id(), next - 1))
            : Optional.empty();
    return CompletableFuture.completedFuture(new Found(List.copyOf(found), last, more));
  }
}
