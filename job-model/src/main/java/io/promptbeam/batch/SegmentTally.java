package io.promptbeam.batch;

import io.promptbeam.job.JobRun;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;

/**
 * How many lines of a segment, or of a whole batch, ended in which way, and what they used. Pure.
 *
 * @param costUsd US dollars, as far as prices are known
 */
public record SegmentTally(
    long completed, long failed, long cancelled, long expired, Usage usage, BigDecimal costUsd) {
  public static final SegmentTally NONE = new SegmentTally(0, 0, 0, 0, Usage.NONE, BigDecimal.ZERO);

  public long ended() {
    return completed + failed + cancelled + expired;
  }

  public SegmentTally plus(SegmentTally other) {
    return new SegmentTally(
        completed + other.completed,
        failed + other.failed,
        cancelled + other.cancelled,
        expired + other.expired,
        usage.plus(other.usage),
        costUsd.add(other.costUsd));
  }

  /** This tally with a line, which counts once it has ended; its cost counts at once. */
  public SegmentTally plus(JobRun run) {
    var calls = run.calls();
    Usage used = calls.stream().flatMap(c -> c.usage().stream()).reduce(Usage.NONE, Usage::plus);
    BigDecimal cost =
        calls.stream().flatMap(c -> c.costUsd().stream()).reduce(BigDecimal.ZERO, BigDecimal::add);
    long[] ended = new long[4];
    switch (run.state()) {
      case COMPLETED -> ended[0]++;
      case FAILED -> ended[1]++;
      case CANCELLED -> ended[2]++;
      case EXPIRED -> ended[3]++;
      case PENDING, PROCESSING -> {
        // Neither has ended.
      }
    }
    return plus(new SegmentTally(ended[0], ended[1], ended[2], ended[3], used, cost));
  }

  /** With {@code lines} more that ended by {@code cut} before they began. */
  public SegmentTally plusCut(long lines, Cut.Kind cut) {
    boolean cancelled = cut == Cut.Kind.CANCELLED;
    return plus(
        new SegmentTally(
            0, 0, cancelled ? lines : 0, cancelled ? 0 : lines, Usage.NONE, BigDecimal.ZERO));
  }
}
