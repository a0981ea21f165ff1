package io.promptbeam.catalog;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How the simulated provider behaves. The same seed and the same request bodies give the same
 * answers, latencies and errors, in whatever order they arrive.
 *
 * @param latencyMedian of the log-normal latency
 * @param latencySigma of the log-normal latency; 0 makes every call take the median
 * @param errorRate share of calls answered with a transient error (429, 500, 503), 0 to 1
 * @param refusalRate share of prompts refused for good (400), 0 to 1
 * @param garbageRate share of calls answered 200 with something that is not an answer, 0 to 1
 * @param requestsPerMinute enforced with a token bucket holding one second; absent: no limit
 * @param tokensPerMinute of prompts and answers together, enforced in the same way
 */
public record Simulation(
    long seed,
    Duration latencyMedian,
    double latencySigma,
    double errorRate,
    double refusalRate,
    double garbageRate,
    OptionalLong requestsPerMinute,
    OptionalLong tokensPerMinute) {
  public static final Simulation DEFAULT =
      new Simulation(1, Duration.ofMillis(400), 0.4, 0, 0, 0, OptionalLong.empty());

  /** Without a limit of tokens. */
  public Simulation(
      long seed,
      Duration latencyMedian,
      double latencySigma,
      double errorRate,
      double refusalRate,
      double garbageRate,
      OptionalLong requestsPerMinute) {
    this(
        seed,
        latencyMedian,
        latencySigma,
        errorRate,
        refusalRate,
        garbageRate,
        requestsPerMinute,
        OptionalLong.empty());
  }
}
