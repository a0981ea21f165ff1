package io.promptbeam.pipeline.pubsub;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rides out a server that does not answer for a while: reading goes on as if there were no
 * messages, acknowledging gives up, which means a redelivery, and what must happen is tried again.
 * Errors that waiting does not mend, as a missing subscription, are errors. Thread-safe.
 */
final class Outages {
  private static final Logger log = LoggerFactory.getLogger(Outages.class);
  private static final Set<Status.Code> PASSING =
      EnumSet.of(
          Status.Code.UNAVAILABLE,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.ABORTED,
          Status.Code.INTERNAL,
          Status.Code.CANCELLED);

  /** Long enough to spare the processor, short enough not to hold a runner's thread for long. */
  static final Duration PULL_PAUSE = Duration.ofMillis(100);

  static final Duration FIRST_RETRY_PAUSE = Duration.ofMillis(250);
  static final Duration LONGEST_RETRY_PAUSE = Duration.ofSeconds(8);

  /** After this no new attempt is made; the last may take as long as a call may. */
  static final Duration RETRY_LIMIT = Duration.ofSeconds(60);

  private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(30);

  private final LongSupplier nanoTime;
  private final Sleeper sleeper;
  private boolean warned;
  private long warnedAtNanos;
  private long unsaid;

  interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
  }

  Outages(LongSupplier nanoTime, Sleeper sleeper) {
    this.nanoTime = nanoTime;
    this.sleeper = sleeper;
  }

  static void sleep(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }

  /** Beam's contract is {@link IOException}. */
  static IOException asIo(StatusRuntimeException e) {
    return new IOException("Pub/Sub answered " + e.getStatus().getCode(), e);
  }

  /** What is pulled; nothing, after a short pause, while the server cannot be reached. */
  <T> List<T> pull(Supplier<List<T>> pull) {
    try {
      return pull.get();
    } catch (StatusRuntimeException e) {
      if (!passes(e)) {
        throw e;
      }
      warn("pull", e);
    }
    try {
      sleeper.sleep(PULL_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return List.of();
  }

  /** Does it once, or leaves it when the server cannot be reached. */
  void attempt(String operation, Supplier<?> call) throws IOException {
    try {
      var unused = call.get();
    } catch (StatusRuntimeException e) {
      if (!passes(e)) {
        throw asIo(e);
      }
      warn(operation, e);
    }
  }

  /**
   * Does it, again and again for about a minute while the server cannot be reached. For calls that
   * may be repeated.
   */
  <T> T retry(String operation, Supplier<T> call) throws IOException {
    long startNanos = nanoTime.getAsLong();
    Duration pause = FIRST_RETRY_PAUSE;
    while (true) {
      try {
        return call.get();
      } catch (StatusRuntimeException e) {
        if (!passes(e) || nanoTime.getAsLong() - startNanos >= RETRY_LIMIT.toNanos()) {
          throw asIo(e);
        }
        warn(operation, e);
      }
      pause(operation, pause);
      pause = pause.multipliedBy(2);
      if (pause.compareTo(LONGEST_RETRY_PAUSE) > 0) {
        pause = LONGEST_RETRY_PAUSE;
      }
    }
  }

  private void pause(String operation, Duration pause) throws IOException {
    try {
      sleeper.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted before " + operation + " again");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private static boolean passes(StatusRuntimeException e) {
    return PASSING.contains(e.getStatus().getCode());
  }

  /** An outage fails hundreds of calls a second; one line in a while says so. */
  private synchronized void warn(String operation, StatusRuntimeException e) {
    long now = nanoTime.getAsLong();
    if (warned && now - warnedAtNanos < BETWEEN_WARNINGS.toNanos()) {
      unsaid++;
      return;
    }
    log.warn(
        "Pub/Sub answered {} to {}, and to {} calls since the last warning; going on",
        e.getStatus().getCode(),
        operation,
        unsaid);
    warned = true;
    warnedAtNanos = now;
    unsaid = 0;
  }
}
