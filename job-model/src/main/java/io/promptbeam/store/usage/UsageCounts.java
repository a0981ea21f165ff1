package io.promptbeam.store.usage;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * Sums over calls, and over jobs that ended.
 *
 * @param calls that are recorded, failed ones among them
 * @param jobs by the terminal state they ended in
 * @param costPicos as of {@link PicoDollars}
 */
public record UsageCounts(
    long calls, long failedCalls, Map<JobState, Long> jobs, Usage usage, long costPicos) {
  public static final UsageCounts NONE = new UsageCounts(0, 0, Map.of(), Usage.NONE, 0);

  public UsageCounts {
    EnumMap<JobState, Long> ordered = new EnumMap<>(JobState.class);
    ordered.putAll(jobs);
    jobs = Collections.unmodifiableMap(ordered);
    if (jobs.keySet().stream().anyMatch(state -> !state.isTerminal())) {
      throw new IllegalArgumentException("only ended jobs are counted");
    }
  }

  public static UsageCounts of(CallRecord call) {
    return new UsageCounts(
        1,
        call.errorCode().isPresent() ? 1 : 0,
        Map.of(),
        call.usage().orElse(Usage.NONE),
        call.costUsd().map(PicoDollars::of).orElse(0L));
  }

  public static UsageCounts ofJob(JobState ended) {
    return new UsageCounts(0, 0, Map.of(ended, 1L), Usage.NONE, 0);
  }

  public UsageCounts plus(UsageCounts other) {
    Map<JobState, Long> sum = new EnumMap<>(JobState.class);
    sum.putAll(jobs);
    other.jobs.forEach((state, count) -> sum.merge(state, count, Long::sum));
    return new UsageCounts(
        calls + other.calls,
        failedCalls + other.failedCalls,
        sum,
        usage.plus(other.usage),
        costPicos + other.costPicos);
  }

  public BigDecimal costUsd() {
    return PicoDollars.toUsd(costPicos);
  }
}
