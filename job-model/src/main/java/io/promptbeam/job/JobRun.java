package io.promptbeam.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A job's changing half; {@link #apply} is the state machine over it. Pure: no clock, no I/O; who
 * applies an event passes the time and writes the result by compare-and-set.
 *
 * @param attempt calls begun so far
 * @param lease present exactly while {@code PROCESSING}
 * @param notBefore no call before it; set by a retry
 * @param startedAt when the current or last attempt was claimed
 * @param cancelRequested somebody asked to cancel while a call was in flight
 * @param ending present exactly when the state is terminal
 * @param lastError of the latest failed attempt, kept while the job waits to be retried
 * @param erased payload and result are gone; only ended jobs are erased
 * @param calls made so far, as far as their ends were recorded
 * @param route at which model of its chain it is
 */
public record JobRun(
    JobState state,
    int attempt,
    Optional<Lease> lease,
    Optional<Instant> notBefore,
    Optional<Instant> startedAt,
    boolean cancelRequested,
    Optional<Ending> ending,
    Optional<JobError> lastError,
    boolean erased,
    List<CallRecord> calls,
    Route route) {

  private static final Optional<String> INVALID_OUTPUT = Optional.of(ErrorCodes.INVALID_OUTPUT);

  public static final JobRun NEW =
      new JobRun(
          JobState.PENDING,
          0,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.empty(),
          Optional.empty(),
          false);

  /** One whose calls nobody recorded. */
  public JobRun(
      JobState state,
      int attempt,
      Optional<Lease> lease,
      Optional<Instant> notBefore,
      Optional<Instant> startedAt,
      boolean cancelRequested,
      Optional<Ending> ending,
      Optional<JobError> lastError,
      boolean erased) {
    this(
        state,
        attempt,
        lease,
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        List.of());
  }

  /** One at its own model. */
  public JobRun(
      JobState state,
      int attempt,
      Optional<Lease> lease,
      Optional<Instant> notBefore,
      Optional<Instant> startedAt,
      boolean cancelRequested,
      Optional<Ending> ending,
      Optional<JobError> lastError,
      boolean erased,
      List<CallRecord> calls) {
    this(
        state,
        attempt,
        lease,
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        calls,
        Route.HOME);
  }

  public JobRun {
    calls = List.copyOf(calls);
    if (lease.isPresent() != (state == JobState.PROCESSING)) {
      throw new IllegalArgumentException("a lease goes with processing, and with nothing else");
    }
    if (ending.isPresent() != state.isTerminal()) {
      throw new IllegalArgumentException("an ending goes with a terminal state, and only with it");
    }
  }

  /** What {@code event} at {@code now} does to this run of a job with {@code limits}. */
  public Transition apply(JobEvent event, JobLimits limits, Instant now) {
    return new RunEvents(this, limits, now).apply(event);
  }

  /** The model that answered; empty until the job has completed. */
  public Optional<String> servedBy(JobSpec spec) {
    if (state != JobState.COMPLETED) {
      return Optional.empty();
    }
    Optional<String> cached = ending.flatMap(Ending::cached).map(CachedAnswer::servedBy);
    return cached.or(() -> route.modelId()).or(() -> Optional.of(spec.modelId()));
  }

  /** Whether the answer took a second call, because the first one's did not meet its schema. */
  public boolean repaired() {
    return state == JobState.COMPLETED
        && calls.stream().anyMatch(call -> call.errorCode().equals(INVALID_OUTPUT));
  }

  /** No call starts before it: what a retry waits for, or else what the submission asked for. */
  public Optional<Instant> notBefore(JobLimits limits) {
    return notBefore.or(limits::notBefore);
  }

  /** Whether this run is leased under {@code token}, expired or not. */
  public boolean holds(String token) {
    return lease.isPresent() && lease.get().token().equals(token);
  }

  public boolean leaseIsLive(Instant now) {
    return lease.isPresent() && now.isBefore(lease.get().expiresAt());
  }

  /** Begins the next attempt. */
  JobRun claimed(Lease under, Route at, Instant now) {
    return new JobRun(
        JobState.PROCESSING,
        attempt + 1,
        Optional.of(under),
        Optional.empty(),
        Optional.of(now),
        false,
        Optional.empty(),
        lastError,
        false,
        calls,
        at);
  }

  /** Waits for the next attempt, with {@code attempts} counted. */
  JobRun waiting(int attempts, Optional<Instant> until, Optional<JobError> because, Route at) {
    return new JobRun(
        JobState.PENDING,
        attempts,
        Optional.empty(),
        until,
        startedAt,
        false,
        Optional.empty(),
        because,
        false,
        calls,
        at);
  }

  JobRun leased(Lease renewed) {
    return new JobRun(
        state,
        attempt,
        Optional.of(renewed),
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        erased,
        calls,
        route);
  }

  JobRun toBeCancelled() {
    return new JobRun(
        state, attempt, lease, notBefore, startedAt, true, ending, lastError, erased, calls, route);
  }

  JobRun withoutPayload() {
    return new JobRun(
        state,
        attempt,
        lease,
        notBefore,
        startedAt,
        cancelRequested,
        ending,
        lastError,
        true,
        calls,
        route);
  }

  JobRun cancelled(Instant now) {
    JobError error =
        JobError.of(ErrorCodes.CANCELLED, "The job was cancelled at its owner's wish.");
    return ended(JobState.CANCELLED, now, Optional.of(error));
  }

  JobRun expired(Instant now, Optional<JobError> cause) {
    String because = cause.map(e -> " The last attempt failed: " + e.message()).orElse("");
    JobError error =
        new JobError(
            ErrorCodes.DEADLINE_EXCEEDED,
            "The deadline passed before the job could complete." + because,
            cause.flatMap(JobError::providerStatus));
    return ended(JobState.EXPIRED, now, Optional.of(error));
  }

  /** This run after more calls, whatever they came to. */
  JobRun with(List<CallRecord> more) {
    return more.isEmpty()
        ? this
        : new JobRun(
            state,
            attempt,
            lease,
            notBefore,
            startedAt,
            cancelRequested,
            ending,
            lastError,
            erased,
            Stream.concat(calls.stream(), more.stream()).toList(),
            route);
  }

  JobRun fromCache(CachedAnswer answer, Instant now) {
    // What other calls cost before stays to be paid; the answer itself costs nothing.
    return ended(
        JobState.COMPLETED,
        new Ending(
            now,
            Optional.of(usage().orElse(Usage.NONE)),
            Optional.of(costUsd().orElse(BigDecimal.ZERO)),
            Optional.empty(),
            Optional.of(answer)));
  }

  JobRun ended(JobState terminal, Instant now, Optional<JobError> error) {
    return ended(terminal, new Ending(now, usage(), costUsd(), error));
  }

  /** All calls are paid for, not only the one that answered. */
  private Optional<Usage> usage() {
    return calls.stream().flatMap(call -> call.usage().stream()).reduce(Usage::plus);
  }

  private Optional<BigDecimal> costUsd() {
    return calls.stream().flatMap(call -> call.costUsd().stream()).reduce(BigDecimal::add);
  }

  private JobRun ended(JobState terminal, Ending how) {
    return new JobRun(
        terminal,
        attempt,
        Optional.empty(),
        Optional.empty(),
        startedAt,
        cancelRequested,
        Optional.of(how),
        lastError,
        false,
        calls,
        route);
  }
}
