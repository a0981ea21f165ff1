package io.promptbeam.batch;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A batch's changing part, but for its segments. Who changes it passes the time and writes it by
 * compare-and-set.
 *
 * @param lines 0 until they are counted
 * @param problems why it failed, the first of them
 * @param problemCount all of them
 * @param startedAt when its lines were found good
 * @param endedAt present exactly when the status is terminal
 * @param totals present exactly when it has ended and its lines were found good
 * @param loads what its lines ask of each model, once they were found good; empty for batches of
 *     before that was noted
 */
public record BatchRun(
    BatchStatus status,
    int lines,
    List<LineProblem> problems,
    int problemCount,
    Optional<Instant> startedAt,
    Optional<Instant> endedAt,
    Optional<SegmentTally> totals,
    Map<String, ModelLoad> loads) {
  public static final int MAX_PROBLEMS = 100;

  public static final BatchRun NEW =
      new BatchRun(
          BatchStatus.VALIDATING,
          0,
          List.of(),
          0,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of());

  public BatchRun {
    problems = List.copyOf(problems);
    loads = Map.copyOf(loads);
    if (endedAt.isPresent() != status.isTerminal()) {
      throw new IllegalArgumentException("an end goes with a terminal status, and only with it");
    }
  }

  /** All lines are good; what they ask of models is not known. */
  public BatchRun started(int count, Instant now) {
    return started(count, Map.of(), now);
  }

  /** All lines are good. */
  public BatchRun started(int count, Map<String, ModelLoad> asked, Instant now) {
    require(BatchStatus.VALIDATING);
    return new BatchRun(
        BatchStatus.IN_PROGRESS,
        count,
        List.of(),
        0,
        Optional.of(now),
        Optional.empty(),
        Optional.empty(),
        asked);
  }

  /**
   * Some lines are not good.
   *
   * @param first at most {@link #MAX_PROBLEMS}
   */
  public BatchRun failed(int count, List<LineProblem> first, int problems, Instant now) {
    require(BatchStatus.VALIDATING);
    return new BatchRun(
        BatchStatus.FAILED,
        count,
        first,
        problems,
        Optional.empty(),
        Optional.of(now),
        Optional.empty(),
        Map.of());
  }

  /**
   * Every line has ended. Where all segments had begun, lines expire one by one as the window ends,
   * and the last may do so before anybody has cut the batch.
   */
  public BatchRun ended(Optional<Cut> cut, SegmentTally sums, Instant now) {
    require(BatchStatus.IN_PROGRESS);
    boolean cutShort = sums.cancelled() + sums.expired() > 0;
    BatchStatus uncut = sums.expired() > 0 ? BatchStatus.EXPIRED : BatchStatus.COMPLETED;
    BatchStatus how = cut.filter(c -> cutShort).map(c -> c.kind().status()).orElse(uncut);
    return new BatchRun(
        how, lines, List.of(), 0, startedAt, Optional.of(now), Optional.of(sums), loads);
  }

  private void require(BatchStatus needed) {
    if (status != needed) {
      throw new IllegalStateException("a batch that is " + status + " is not " + needed);
    }
  }
}
