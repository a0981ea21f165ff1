package io.promptbeam.pipeline.engine;

import static java.util.stream.Collectors.joining;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.Route.Hop;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.schema.OutputSchema.Problem;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What a call that ended does to its job. */
final class CallEvents {
  /** A call that could not be sent is waited for like a call that failed this often. */
  static final int UNSENT = 3;

  private final AttemptContext context;
  private final Claimed claimed;

  CallEvents(AttemptContext context, Claimed claimed) {
    this.context = context;
    this.claimed = claimed;
  }

  JobEvent answered(Usage usage) {
    CallRecord paid = call(Optional.of(usage), Optional.empty());
    return new JobEvent.Complete(claimed.token(), List.of(paid));
  }

  /** The job may have one more attempt to mend it, where it has one left. */
  JobEvent invalid(Usage usage, List<Problem> problems) {
    String where = problems.stream().map(Problem::keyword).distinct().collect(joining(", "));
    JobError error =
        JobError.of(
            ErrorCodes.INVALID_OUTPUT,
            "The answer does not meet these parts of output_schema: " + where + ".");
    CallRecord call = call(Optional.of(usage), Optional.of(error.code()));
    boolean second =
        claimed.job().run().calls().stream()
            .anyMatch(earlier -> earlier.errorCode().equals(call.errorCode()));
    return second
        ? new JobEvent.Fail(claimed.token(), error, List.of(call))
        : new JobEvent.Retry(claimed.token(), context.clock().instant(), error, List.of(call));
  }

  JobEvent failed(LlmException failed) {
    CallRecord call = call(failed.usage(), Optional.of(failed.error().code()));
    Optional<JobEvent> elsewhere = elsewhere(failed, call);
    if (elsewhere.isPresent()) {
      return elsewhere.get();
    }
    if (!failed.isRetryable()) {
      return new JobEvent.Fail(claimed.token(), failed.error(), List.of(call));
    }
    if (failed instanceof LlmException.Unreachable) {
      // Nothing was sent, and the breaker paces further tries: an outage must not cost attempts.
      return new JobEvent.Release(claimed.token(), Optional.of(failed.error()));
    }
    return retry(failed.error(), failed.retryAfter(), call);
  }

  /** On to another model of the chain, where one may do what this one cannot. */
  private Optional<JobEvent> elsewhere(LlmException failed, CallRecord call) {
    String here = claimed.model().id();
    boolean hopeless = FallbackChain.isHopeless(failed.error().code());
    boolean outage =
        failed instanceof LlmException.Unreachable || failed instanceof LlmException.Transient;
    if (!hopeless && !outage && !isThrottledBeyondDeadline(failed)) {
      return Optional.empty();
    }
    Optional<String> next = claimed.chain().after(here, context.failing());
    if (next.isPresent()) {
      return Optional.of(reroute(next.get(), Optional.empty(), failed, call));
    }
    // The chain is at its end: from its beginning once more, as for any retry.
    Predicate<String> excluded = id -> hopeless && id.equals(here);
    Optional<String> first =
        claimed
            .chain()
            .first(excluded.or(context.failing()))
            .or(() -> claimed.chain().first(excluded));
    if (first.isEmpty() || first.get().equals(here)) {
      return Optional.empty();
    }
    Duration pause =
        pause(failed instanceof LlmException.Unreachable ? UNSENT : attempt(), failed.retryAfter());
    Instant again = context.clock().instant().plus(pause);
    return Optional.of(reroute(first.get(), Optional.of(again), failed, call));
  }

  private JobEvent reroute(
      String next, Optional<Instant> notBefore, LlmException failed, CallRecord call) {
    boolean sent = !(failed instanceof LlmException.Unreachable);
    List<Hop> left = new ArrayList<>(claimed.chain().passedOver());
    left.add(0, new Hop(claimed.model().id(), failed.error().code()));
    return new JobEvent.Reroute(
        claimed.token(),
        claimed.job().run().route().to(next, left),
        sent,
        notBefore,
        failed.error(),
        sent ? List.of(call) : List.of());
  }

  /** Ordinary pacing is waited for; what ends after the job's deadline is of no use to it. */
  private boolean isThrottledBeyondDeadline(LlmException failed) {
    Instant deadline = claimed.job().spec().limits().deadline();
    return failed instanceof LlmException.Throttled
        && failed
            .retryAfter()
            .filter(wait -> !context.clock().instant().plus(wait).isBefore(deadline))
            .isPresent();
  }

  /** We gave it up: the lease was lost, or the worker stops. Then others may call at once. */
  JobEvent givenUp() {
    JobError error =
        JobError.of(ErrorCodes.WORKER_STOPPED, "The worker stopped before the provider answered.");
    return new JobEvent.Retry(
        claimed.token(), context.clock().instant(), error, List.of(failedCall(error)));
  }

  /** The client broke its contract. */
  JobEvent unforeseen() {
    JobError error = JobError.of(ErrorCodes.INTERNAL, "The call failed inside Promptbeam.");
    return retry(error, Optional.empty(), failedCall(error));
  }

  /** At the prices of the model that was called; zero when the usage is unknown. */
  BigDecimal costUsd(Optional<Usage> usage) {
    return usage.map(claimed.model().pricing()::costUsd).orElse(BigDecimal.ZERO);
  }

  private JobEvent retry(JobError error, Optional<Duration> asked, CallRecord call) {
    Instant again = context.clock().instant().plus(pause(attempt(), asked));
    return new JobEvent.Retry(claimed.token(), again, error, List.of(call));
  }

  private Duration pause(int failures, Optional<Duration> asked) {
    Duration backoff = context.config().backoff().next(failures, context.random());
    return asked.filter(a -> a.compareTo(backoff) > 0).orElse(backoff);
  }

  private int attempt() {
    return claimed.job().run().attempt();
  }

  private CallRecord failedCall(JobError error) {
    return call(Optional.empty(), Optional.of(error.code()));
  }

  private CallRecord call(Optional<Usage> usage, Optional<String> errorCode) {
    return new CallRecord(
        attempt(),
        claimed.model().id(),
        context.clock().instant(),
        usage,
        usage.map(claimed.model().pricing()::costUsd),
        errorCode);
  }
}
