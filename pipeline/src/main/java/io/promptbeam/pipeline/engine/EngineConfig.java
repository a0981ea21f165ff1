package io.promptbeam.pipeline.engine;

import io.promptbeam.trace.Tracing;
import java.time.Duration;

/**
 * How an engine works.
 *
 * @param leaseFor how long a claim holds without renewal
 * @param startInterval calls are started together at most this often, so that their reads share a
 *     request; adds as much latency only while there is a queue
 * @param maxStartsPerRead jobs in one bulk read
 * @param backoff between attempts, and between tries to reach the store
 * @param drainFor how long closing waits for calls in flight
 * @param tracing of attempts; not the engine's to close
 */
public record EngineConfig(
    Duration leaseFor,
    Duration startInterval,
    int maxStartsPerRead,
    Backoff backoff,
    Duration drainFor,
    Tracing tracing) {
  public static final EngineConfig DEFAULT =
      new EngineConfig(
          Duration.ofSeconds(60),
          Duration.ofMillis(10),
          200,
          Backoff.DEFAULT,
          Duration.ofSeconds(10));

  /** One that traces nothing. */
  public EngineConfig(
      Duration leaseFor,
      Duration startInterval,
      int maxStartsPerRead,
      Backoff backoff,
      Duration drainFor) {
    this(leaseFor, startInterval, maxStartsPerRead, backoff, drainFor, Tracing.OFF);
  }

  public EngineConfig withTracing(Tracing other) {
    return new EngineConfig(leaseFor, startInterval, maxStartsPerRead, backoff, drainFor, other);
  }
}
