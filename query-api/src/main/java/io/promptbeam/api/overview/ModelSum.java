package io.promptbeam.api.overview;

import io.promptbeam.figures.Latencies;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all workers did for a model, or for all, in the last minute. Each worker's counts are taken
 * by the length of its own window. Pure.
 */
record ModelSum(
    double callsPerSecond,
    double jobsPerSecond,
    double inputTokensPerSecond,
    double outputTokensPerSecond,
    long callsInFlight,
    Map<Priority, Long> waiting,
    Map<String, Long> failures,
    Latencies latency) {
  static final ModelSum NONE = new ModelSum(0, 0, 0, 0, 0, Map.of(), Map.of(), Latencies.NONE);

  static ModelSum of(List<LaneSnapshot> lanes) {
    return lanes.stream().map(lane -> of(lane.figures())).reduce(NONE, ModelSum::plus);
  }

  private static ModelSum of(LaneFigures figures) {
    return new ModelSum(
        figures.perSecond(figures.callsStarted()),
        figures.perSecond(figures.jobsEndedInAll()),
        figures.perSecond(figures.tokens().inputTokens()),
        figures.perSecond(figures.tokens().outputTokens()),
        figures.callsInFlight(),
        figures.waiting(),
        figures.failures(),
        figures.latency());
  }

  ModelSum plus(ModelSum other) {
    Map<Priority, Long> waits = new EnumMap<>(Priority.class);
    waits.putAll(waiting);
    other.waiting.forEach((priority, jobs) -> waits.merge(priority, jobs, Long::sum));
    Map<String, Long> failed = new TreeMap<>(failures);
    other.failures.forEach((code, calls) -> failed.merge(code, calls, Long::sum));
    return new ModelSum(
        callsPerSecond + other.callsPerSecond,
        jobsPerSecond + other.jobsPerSecond,
        inputTokensPerSecond + other.inputTokensPerSecond,
        outputTokensPerSecond + other.outputTokensPerSecond,
        callsInFlight + other.callsInFlight,
        waits,
        failed,
        latency.plus(other.latency));
  }

  long waitingInAll() {
    return waiting.values().stream().mapToLong(jobs -> jobs).sum();
  }
}
