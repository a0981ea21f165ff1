package io.promptbeam.local.run;

import io.promptbeam.job.Ending;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Adds up what became of a run's lines. Not thread-safe. */
public final class Summary {
  private static final double P50 = 0.50;
  private static final double P95 = 0.95;
  private static final int COST_DIGITS = 6;
  private static final double MILLIS_PER_SECOND = 1_000;

  private final Map<JobState, Long> ended = new EnumMap<>(JobState.class);
  private long rejected;
  private long attempts;
  private Usage usage = Usage.NONE;
  private BigDecimal costUsd = BigDecimal.ZERO;
  private long[] latenciesMillis = new long[1024];
  private int latencyCount;

  /** Counts a job that has ended. */
  public void add(Job job) {
    ended.merge(job.run().state(), 1L, Long::sum);
    attempts += job.run().attempt();
    job.run()
        .ending()
        .ifPresent(
            ending -> {
              usage = usage.plus(ending.usage().orElse(Usage.NONE));
              costUsd = costUsd.add(ending.costUsd().orElse(BigDecimal.ZERO));
              addLatency(job, ending);
            });
  }

  private void addLatency(Job job, Ending ending) {
    if (job.run().state() != JobState.COMPLETED || job.run().startedAt().isEmpty()) {
      return;
    }
    if (latencyCount == latenciesMillis.length) {
      latenciesMillis = Arrays.copyOf(latenciesMillis, latencyCount * 2);
    }
    latenciesMillis[latencyCount++] =
        Duration.between(job.run().startedAt().get(), ending.at()).toMillis();
  }

  /** Counts a line that could not become a job. */
  public void addRejected() {
    rejected++;
  }

  public long completed() {
    return ended.getOrDefault(JobState.COMPLETED, 0L);
  }

  /** Jobs that ended without completing, and rejected lines. */
  public long failed() {
    return endedJobs() - completed() + rejected;
  }

  private long endedJobs() {
    return ended.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * The summary, a line each.
   *
   * @param wall from the first submission to the last result
   * @param notDone lines without a result, because the run was stopped
   */
  public List<String> lines(Duration wall, long notDone) {
    List<String> lines = new ArrayList<>();
    lines.add(entry("jobs", counts(notDone)));
    lines.add(entry("calls", String.format(Locale.ROOT, "%,d", attempts)));
    lines.add(
        entry(
            "tokens",
            String.format(
                Locale.ROOT, "%,d in, %,d out", usage.inputTokens(), usage.outputTokens())));
    lines.add(entry("cost", "$" + dollars()));
    double seconds = Math.max(1, wall.toMillis()) / MILLIS_PER_SECOND;
    lines.add(
        entry(
            "time",
            String.format(Locale.ROOT, "%.1f s, %,.1f jobs/s", seconds, endedJobs() / seconds)));
    if (latencyCount > 0) {
      lines.add(
          entry(
              "latency",
              String.format(
                  Locale.ROOT,
                  "p50 %,d ms, p95 %,d ms (call start to recorded result)",
                  percentile(P50),
                  percentile(P95))));
    }
    return lines;
  }

  private String counts(long notDone) {
    StringBuilder text =
        new StringBuilder(String.format(Locale.ROOT, "%,d completed", completed()));
    for (JobState state : List.of(JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED)) {
      append(text, ended.getOrDefault(state, 0L), state.wireName());
    }
    append(text, rejected, rejected == 1 ? "line rejected" : "lines rejected");
    append(text, notDone, "not done");
    return text.toString();
  }

  private static void append(StringBuilder text, long count, String what) {
    if (count > 0) {
      text.append(String.format(Locale.ROOT, ", %,d %s", count, what));
    }
  }

  private String dollars() {
    final int cents = 2;
    BigDecimal rounded = costUsd.setScale(COST_DIGITS, RoundingMode.HALF_UP).stripTrailingZeros();
    return rounded.scale() < cents
        ? rounded.setScale(cents, RoundingMode.UNNECESSARY).toPlainString()
        : rounded.toPlainString();
  }

  /** Nearest rank. */
  long percentile(double share) {
    long[] sorted = Arrays.copyOf(latenciesMillis, latencyCount);
    Arrays.sort(sorted);
    return sorted[(int) Math.max(0, Math.ceil(share * latencyCount) - 1)];
  }

  private static String entry(String name, String value) {
    return String.format(Locale.ROOT, "%-8s %s", name, value);
  }
}
