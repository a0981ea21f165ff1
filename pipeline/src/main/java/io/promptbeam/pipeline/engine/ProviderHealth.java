package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one model's calls tell of its provider: feeds the circuit breaker, and remembers why it
 * opened. Thread-safe.
 */
final class ProviderHealth {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);
  private static final JobError STALLED =
      JobError.of(ErrorCodes.TIMEOUT, "the provider has stopped answering");

  private final String model;
  private final AttemptContext context;
  private final CircuitBreaker breaker;
  private final AtomicBoolean openIsKnown = new AtomicBoolean();
  private volatile Optional<Instant> openSince = Optional.empty();
  private volatile Optional<JobError> lastFailure = Optional.empty();

  ProviderHealth(String model, AttemptContext context) {
    this.model = model;
    this.context = context;
    breaker = new CircuitBreaker(CircuitBreaker.Settings.DEFAULT, context.random());
  }

  /** Whether it fails so much that only probes are sent. */
  boolean isFailing() {
    return breaker.isOpen();
  }

  /** Why the breaker is open; empty while it is not. */
  Optional<JobError> failure() {
    return breaker.isOpen() ? Optional.of(lastFailure.orElse(STALLED)) : Optional.empty();
  }

  /** When the breaker opened; empty while it is not known to be open. */
  Optional<Instant> failingSince() {
    return openSince;
  }

  /** How long answered calls take, lately; zero when there were none. */
  Duration usualLatency() {
    return breaker.usual();
  }

  /** As {@link CircuitBreaker#waitNanos}. */
  long waitNanos(long nowNanos) {
    long wait = breaker.waitNanos(nowNanos);
    if (wait > 0) {
      noteBreaker();
    }
    return wait;
  }

  /** A job is drawn for a call. True when that call is to be a probe. */
  boolean drawn() {
    return breaker.drawn();
  }

  /** As {@link LanePermit.Lane#callStarts}. */
  Optional<Duration> callStarts(boolean probe) {
    return breaker.started(probe, context.nowNanos());
  }

  /**
   * As {@link LanePermit.Lane#report}.
   *
   * @return whether a job may be drawn that had to wait for it
   */
  boolean report(CallReport report, boolean probe, long tookNanos, Optional<JobError> error) {
    boolean mayDraw = false;
    switch (report) {
      case ANSWERED, RETRY_ANSWERED -> mayDraw = breaker.answered(tookNanos, context.nowNanos());
      case REFUSED -> mayDraw = breaker.refused(context.nowNanos());
      case FAILED -> {
        lastFailure = error;
        breaker.failed(context.nowNanos());
      }
      case GIVEN_UP -> breaker.givenUp();
      case NOT_CALLED -> mayDraw = breaker.notCalled(probe);
    }
    noteBreaker();
    if (report == CallReport.ANSWERED || report == CallReport.RETRY_ANSWERED) {
      lastFailure = Optional.empty();
    }
    return mayDraw;
  }

  /**
   * A line when it opens and one when it closes; the code only, for the text may quote a prompt.
   */
  private void noteBreaker() {
    Optional<JobError> failing = failure();
    if (openIsKnown.compareAndSet(failing.isEmpty(), failing.isPresent())) {
      openSince = failing.map(error -> context.clock().instant());
      if (failing.isPresent()) {
        LOG.warn(
            "model {}: its provider fails ({}), calls are probes", model, failing.get().code());
      } else {
        LOG.info("model {}: its provider answers again", model);
      }
    }
  }
}
