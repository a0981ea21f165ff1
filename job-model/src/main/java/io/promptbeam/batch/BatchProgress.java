package io.promptbeam.batch;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Transition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A batch with what its segments have come to. Pure, immutable.
 *
 * @param done segments whose every line has ended, by number
 * @param open segments that have begun and not all ended: only their lines must be counted
 */
public record BatchProgress(Batch batch, Map<Integer, SegmentTally> done, Set<Integer> open) {
  public BatchProgress {
    done = new TreeMap<>(done);
    open = new TreeSet<>(open);
    open.removeAll(done.keySet());
  }

  public int segments() {
    return BatchLine.segments(batch.run().lines());
  }

  /** Lines of {@code segment}. */
  public int linesOf(int segment) {
    int from = segment * BatchLine.PER_SEGMENT;
    return Math.max(0, Math.min(BatchLine.PER_SEGMENT, batch.run().lines() - from));
  }

  /** Whether nothing of {@code segment} has begun, nor ever will after a cut. */
  public boolean isUntouched(int segment) {
    return !done.containsKey(segment) && !open.contains(segment);
  }

  /** Whether a line of {@code segment} may be in that state; false without a row being read. */
  public boolean mayHold(int segment, JobState state) {
    SegmentTally tally = done.get(segment);
    if (tally != null) {
      return switch (state) {
        case PENDING, PROCESSING -> false;
        case COMPLETED -> tally.completed() > 0;
        case FAILED -> tally.failed() > 0;
        case CANCELLED -> tally.cancelled() > 0;
        case EXPIRED -> tally.expired() > 0;
      };
    }
    if (!isUntouched(segment) || batch.run().status().isTerminal()) {
      // One that is over may have lost what was noted of its segments.
      return true;
    }
    JobState all = batch.cut().map(cut -> stateOf(cut.kind())).orElse(JobState.PENDING);
    return state == all;
  }

  private static JobState stateOf(Cut.Kind kind) {
    return kind == Cut.Kind.CANCELLED ? JobState.CANCELLED : JobState.EXPIRED;
  }

  /**
   * A line as it really stands: its row says nothing of a cut that came before its segment began.
   */
  public Job asItStands(Job line) {
    int segment = BatchLine.of(line.spec().id()).orElseThrow().segment();
    if (batch.cut().isEmpty() || !isUntouched(segment) || line.run().state().isTerminal()) {
      return line;
    }
    Cut cut = batch.cut().get();
    boolean cancelled = cut.kind() == Cut.Kind.CANCELLED;
    Instant at = cancelled ? cut.at() : line.spec().limits().deadline();
    JobEvent event = cancelled ? new JobEvent.RequestCancel() : new JobEvent.Expire();
    return line.run().apply(event, line.spec().limits(), at) instanceof Transition.Moved moved
        ? new Job(line.spec(), moved.next(), line.version(), line.request(), line.result())
        : line;
  }

  /** Whether every line has ended, or will never begin. */
  public boolean isAllEnded() {
    return open.isEmpty() && (batch.cut().isPresent() || done.size() == segments());
  }

  /**
   * How many lines have ended, and what was used so far.
   *
   * @param counted one tally for each of {@link #open}
   */
  public SegmentTally total(List<SegmentTally> counted) {
    if (batch.run().totals().isPresent()) {
      return batch.run().totals().get();
    }
    SegmentTally sum = SegmentTally.NONE;
    for (SegmentTally each : done.values()) {
      sum = sum.plus(each);
    }
    for (SegmentTally each : counted) {
      sum = sum.plus(each);
    }
    if (batch.cut().isEmpty()) {
      return sum;
    }
    long untouched = batch.run().lines();
    for (int segment : done.keySet()) {
      untouched -= linesOf(segment);
    }
    for (int segment : open) {
      untouched -= linesOf(segment);
    }
    return sum.plusCut(untouched, batch.cut().get().kind());
  }
}
