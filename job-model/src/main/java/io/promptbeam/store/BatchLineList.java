package io.promptbeam.store;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Job;
import io.promptbeam.job.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One search for a page of a batch's lines, which are not in their owner's list: in their order,
 * segment by segment, passing over those that cannot hold a match. One use, never blocks.
 */
final class BatchLineList {
  private static final Pattern TOKEN_TEXT = Pattern.compile("2:(\\d{1,9}):([0-9a-f]{8})");

  /**
   * A part of the lines.
   *
   * @param next where to go on among them; empty when there are no more
   */
  record Lines(List<Job> jobs, Optional<String> next) {}

  private final BatchStore store;
  private final Owner owner;
  private final JobFilter filter;
  private final int pageSize;
  private final int maxReads;
  private final List<Job> found = new ArrayList<>();
  private int next;
  private int reads;

  /**
   * @param scanBudget lines that one page may look at; a segment more
   * @param after a token of {@link Lines#next}
   */
  BatchLineList(
      BatchStore store,
      Owner owner,
      JobFilter filter,
      int pageSize,
      int scanBudget,
      Optional<String> after) {
    this.store = store;
    this.owner = owner;
    this.filter = filter;
    this.pageSize = pageSize;
    this.maxReads = 1 + scanBudget / BatchLine.PER_SEGMENT;
    this.next = after.map(token -> fromToken(token, owner, filter)).orElse(0);
  }

  /** The batch that {@code filter} asks for, if it may ask for one that has lines. */
  static Optional<BatchId> batchOf(JobFilter filter) {
    return filter
        .batchId()
        .flatMap(
            text ->
                BatchId.parse(text, BatchProtocol.OPENAI)
                    .or(() -> BatchId.parse(text, BatchProtocol.ANTHROPIC)));
  }

  static boolean isToken(String token) {
    return TOKEN_TEXT.matcher(ListPosition.decoded(token)).matches();
  }

  private static int fromToken(String token, Owner owner, JobFilter filter) {
    Matcher text = TOKEN_TEXT.matcher(ListPosition.decoded(token));
    if (!text.matches() || !text.group(2).equals(ListPosition.fingerprint(owner, filter))) {
      throw ListPosition.malformed();
    }
    return Integer.parseInt(text.group(1));
  }

  CompletableFuture<Lines> page(BatchId id) {
    return store
        .progress(id)
        .thenCompose(
            progress ->
                progress.filter(each -> isAskedFor(each.batch().spec())).isPresent()
                    ? search(progress.get())
                    : CompletableFuture.completedFuture(new Lines(List.of(), Optional.empty())));
  }

  private boolean isAskedFor(BatchSpec spec) {
    return spec.owner().equals(owner)
        && filter.batchId().equals(Optional.of(spec.id().text(spec.protocol())));
  }

  private CompletableFuture<Lines> search(BatchProgress progress) {
    int lines = progress.batch().run().startedAt().isEmpty() ? 0 : progress.batch().run().lines();
    while (next < lines && !mayHold(progress, next / BatchLine.PER_SEGMENT)) {
      next = BatchLine.PER_SEGMENT * (1 + next / BatchLine.PER_SEGMENT);
    }
    if (next >= lines) {
      return CompletableFuture.completedFuture(new Lines(found, Optional.empty()));
    }
    if (found.size() == pageSize || reads == maxReads) {
      String text = "2:" + next + ":" + ListPosition.fingerprint(owner, filter);
      return CompletableFuture.completedFuture(
          new Lines(found, Optional.of(ListPosition.encoded(text))));
    }
    reads++;
    int segment = next / BatchLine.PER_SEGMENT;
    return store
        .lines(progress.batch().spec().id(), segment, Set.of())
        .thenCompose(
            rows -> {
              take(progress, segment, rows);
              return search(progress);
            });
  }

  private boolean mayHold(BatchProgress progress, int segment) {
    return filter.state().map(state -> progress.mayHold(segment, state)).orElse(true);
  }

  private void take(BatchProgress progress, int segment, List<Job> rows) {
    for (Job row : rows) {
      int number = BatchLine.of(row.spec().id()).orElseThrow().number();
      if (number >= next) {
        if (found.size() == pageSize) {
          return;
        }
        next = number + 1;
        Job line = progress.asItStands(row);
        if (filter.matches(line)) {
          found.add(line);
        }
      }
    }
    next = BatchLine.PER_SEGMENT * (1 + segment);
  }
}
