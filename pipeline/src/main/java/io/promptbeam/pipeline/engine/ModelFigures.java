package io.promptbeam.pipeline.engine;

import io.promptbeam.figures.Latencies;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.usage.PicoDollars;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * One model's figures since its engine started; {@link EngineFigures} says how they add up. All but
 * {@code waiting} and {@code breakerOpen} only grow.
 *
 * @param modelId {@link #UNKNOWN_MODELS} for all that are not configured
 * @param callsStarted calls to the model
 * @param callsEnded by outcome: {@link #ANSWERED}, {@link #LEASE_LOST} or one of {@link ErrorCodes}
 * @param jobsEnded of jobs that name the model, whichever model answered; by terminal state
 * @param waiting jobs that wait in the model's lane
 * @param tokens that the provider reported, of answered and failed calls
 * @param costPicos of those tokens, as of {@link PicoDollars}
 * @param latency of the calls that the provider answered
 * @param breakerOpen whether only probes are sent
 */
public record ModelFigures(
    String modelId,
    long callsStarted,
    Map<String, Long> callsEnded,
    Map<JobState, Long> jobsEnded,
    Map<Priority, Long> waiting,
    Usage tokens,
    long costPicos,
    Latencies latency,
    boolean breakerOpen) {
  /** Stands for whatever the catalog does not have, so that forged names cost nothing. */
  public static final String UNKNOWN_MODELS = "?";

  /** The outcome of a call whose answer is the job's result. */
  public static final String ANSWERED = "answered";

  /** The outcome of a call that we gave up because the job was taken from us. */
  public static final String LEASE_LOST = "lease_lost";

  public ModelFigures {
    callsEnded = Collections.unmodifiableMap(new TreeMap<>(callsEnded));
    jobsEnded = unmodifiable(JobState.class, jobsEnded);
    waiting = unmodifiable(Priority.class, waiting);
  }

  private static <K extends Enum<K>> Map<K, Long> unmodifiable(Class<K> type, Map<K, Long> map) {
    EnumMap<K, Long> copy = new EnumMap<>(type);
    copy.putAll(map);
    return Collections.unmodifiableMap(copy);
  }

  /** Of a model that had nothing to do. */
  public static ModelFigures none(String modelId) {
    return new ModelFigures(
        modelId, 0, Map.of(), Map.of(), Map.of(), Usage.NONE, 0, Latencies.NONE, false);
  }

  /**
   * Calls that ended without a result for their job, by error code; those that the owner cancelled
   * are not among them.
   */
  public Map<String, Long> failures() {
    Map<String, Long> failures = new TreeMap<>(callsEnded);
    failures.remove(ANSWERED);
    failures.remove(ErrorCodes.CANCELLED);
    return failures;
  }

  /** Calls that ended, whatever they came to. */
  public long callsEndedInAll() {
    return sum(callsEnded);
  }

  public long callsInFlight() {
    return callsStarted - callsEndedInAll();
  }

  public long callsEnded(String outcome) {
    return callsEnded.getOrDefault(outcome, 0L);
  }

  public long jobsEndedInAll() {
    return sum(jobsEnded);
  }

  public long waitingInAll() {
    return sum(waiting);
  }

  public BigDecimal costUsd() {
    return PicoDollars.toUsd(costPicos);
  }

  private static long sum(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(count -> count).sum();
  }
}
