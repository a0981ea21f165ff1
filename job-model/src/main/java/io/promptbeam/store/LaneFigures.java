package io.promptbeam.store;

import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one worker did for one model lately.
 *
 * @param window how long that is, up to the moment of the snapshot; zero when nothing is known
 * @param callsStarted in the window, as all that follows but for the two that say otherwise
 * @param callsEnded whatever they came to
 * @param failures calls that failed, by error code
 * @param jobsEnded of jobs that name the model, by terminal state
 * @param tokens that the provider reported
 * @param costPicos as of {@link io.promptbeam.store.usage.PicoDollars}
 * @param latency of calls that were answered
 * @param callsInFlight at the end of the window
 * @param waiting jobs, at the end of the window; retries that wait for their time among them
 */
public record LaneFigures(
    Duration window,
    long callsStarted,
    long callsEnded,
    Map<String, Long> failures,
    Map<JobState, Long> jobsEnded,
    Usage tokens,
    long costPicos,
    Latencies latency,
    long callsInFlight,
    Map<Priority, Long> waiting) {
  public static final LaneFigures NONE =
      new LaneFigures(
          Duration.ZERO, 0, 0, Map.of(), Map.of(), Usage.NONE, 0, Latencies.NONE, 0, Map.of());

  public LaneFigures {
    failures = Collections.unmodifiableMap(new TreeMap<>(failures));
    jobsEnded = unmodifiable(JobState.class, jobsEnded);
    waiting = unmodifiable(Priority.class, waiting);
  }

  private static <K extends Enum<K>> Map<K, Long> unmodifiable(Class<K> type, Map<K, Long> map) {
    EnumMap<K, Long> copy = new EnumMap<>(type);
    copy.putAll(map);
    return Collections.unmodifiableMap(copy);
  }

  /** What comes to {@code count} in the window, per second; zero when nothing is known. */
  public double perSecond(long count) {
    return window.isZero() ? 0 : count * 1e9 / window.toNanos();
  }

  public long jobsEndedInAll() {
    return jobsEnded.values().stream().mapToLong(count -> count).sum();
  }
}
