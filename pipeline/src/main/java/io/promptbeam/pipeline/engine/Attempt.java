package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at one job, under a permit: {@link ShareStep share}, if that is asked for → {@link
 * ClaimStep claim} → {@link CallStep call} → {@link RecordStep record}. Runs on whatever thread
 * completes the step before; ends in exactly one verdict, and has released the permit by then.
 */
final class Attempt {
  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);
  private static final SparseWarning UNREADABLE = new SparseWarning(LOG);

  private final AttemptContext context;
  private final JobId id;
  private final String laneModel;
  private final LanePermit permit;
  private final BiConsumer<Verdict, CallReport> onVerdict;
  private final AttemptSpans spans;
  private final AtomicBoolean decided = new AtomicBoolean();
  private final ShareStep shares;
  private final ClaimStep claims;
  private final CallStep calls;
  private final RecordStep records;
  private volatile Optional<byte[]> result = Optional.empty();
  private volatile Optional<SharedAnswers.Source> copied = Optional.empty();

  /**
   * @param laneModel the model whose permit it is
   * @param spans what is traced of it
   * @param onVerdict called once, with what was learned about the provider
   */
  Attempt(
      AttemptContext context,
      JobId id,
      String laneModel,
      LanePermit permit,
      AttemptSpans spans,
      BiConsumer<Verdict, CallReport> onVerdict) {
    this.context = context;
    this.id = id;
    this.laneModel = laneModel;
    this.permit = permit;
    this.spans = spans;
    this.onVerdict = onVerdict;
    claims = new ClaimStep(this, context, this::claimed);
    shares = new ShareStep(this, context, permit, claims::claim);
    calls = new CallStep(this, context, permit, spans, this::called);
    records = new RecordStep(this, context, permit);
  }

  JobId id() {
    return id;
  }

  String laneModel() {
    return laneModel;
  }

  /** Starts with the job as a bulk read found it. */
  void begin(Optional<Job> read) {
    guarded(
        () -> {
          if (read.isEmpty() || read.get().run().state().isTerminal()) {
            decide(new Verdict.NothingToDo());
            return;
          }
          shares.begin(read.get());
        });
  }

  /** Ends the job, as a bulk read found it, without a call; one that is not due yet stays. */
  void refuse(Optional<Job> read, JobError error) {
    guarded(
        () -> {
          if (read.isEmpty() || read.get().run().state().isTerminal()) {
            decide(new Verdict.NothingToDo());
            return;
          }
          Job job = read.get();
          Duration wait =
              job.run().notBefore(job.spec().limits()).map(context::until).orElse(Duration.ZERO);
          if (wait.isZero()) {
            end(job, new JobEvent.Reject(error));
          } else {
            decide(new Verdict.LookAgain(wait));
          }
        });
  }

  /** The job waited in the wrong lane, by a message that was forged or is mistaken. */
  void misaddressed(Job read) {
    decide(new Verdict.Misaddressed(read));
  }

  /** The job could not even be read. */
  void storeFailed(Throwable cause) {
    UNREADABLE.warn(() -> "store unavailable, job " + id + " waits: " + describe(cause));
    decide(new Verdict.LookAgain(context.config().backoff().next(3, context.random())));
  }

  private void claimed(Claimed claimed) {
    Job job = claimed.job();
    spans.taken(job);
    String token = claimed.token();
    if (job.run().state() != JobState.PROCESSING) {
      // A cancel request was waiting for the last worker's lease to lapse.
      decide(new Verdict.Ended(job));
      return;
    }
    if (job.run().cancelRequested()) {
      record(job, new JobEvent.Abort(token));
      return;
    }
    Optional<LlmRequest> request = job.request();
    if (request.isEmpty()) {
      JobError error = JobError.of(ErrorCodes.INTERNAL, "The stored request is missing.");
      record(job, new JobEvent.Fail(token, error, List.of()));
      return;
    }
    Instant now = context.clock().instant();
    // The claim's answer may have been long on its way: by now somebody else may be calling.
    boolean late = !job.run().leaseIsLive(now) || !now.isBefore(job.spec().limits().deadline());
    if (late || shares.isOutrun(now) || context.stopping().getAsBoolean()) {
      record(job, new JobEvent.Release(token, Optional.empty()));
      return;
    }
    calls.call(claimed, context.repairs().next(id, request.get()));
  }

  private void called(Claimed claimed, @Nullable LlmAnswer answer, @Nullable Throwable failure) {
    Job job = claimed.job();
    CallEvents events = new CallEvents(context, claimed);
    if (answer != null) {
      permit.hinted(answer.rateHints());
      permit.answered(answer.usage(), job.run().attempt() > 1);
      answered(job, events, answer);
      return;
    }
    Throwable cause = unwrap(failure);
    if (calls.cancelSeen()) {
      calls.counted().failed(ErrorCodes.CANCELLED);
      permit.givenUp();
      record(job, new JobEvent.Abort(claimed.token()));
    } else if (cause instanceof LlmException failed) {
      calls.counted().failed(failed.error().code(), failed.usage(), events.costUsd(failed.usage()));
      permit.hinted(failed.rateHints());
      permit.failed(failed, calls.deadlineBinds());
      record(job, events.failed(failed));
    } else if (cause instanceof CancellationException) {
      calls
          .counted()
          .failed(calls.leaseLost() ? ModelFigures.LEASE_LOST : ErrorCodes.WORKER_STOPPED);
      permit.givenUp();
      record(job, events.givenUp());
    } else {
      LOG.error("job {}: the client failed in an unforeseen way", id, Unforeseen.trace(cause));
      calls.counted().failed(ErrorCodes.INTERNAL);
      permit.givenUp();
      record(job, events.unforeseen());
    }
  }

  private void answered(Job job, CallEvents events, LlmAnswer answer) {
    Optional<OutputChecks.Invalid> invalid = context.checks().invalid(job.spec(), answer);
    calls
        .counted()
        .answered(
            invalid.isEmpty() ? ModelFigures.ANSWERED : ErrorCodes.INVALID_OUTPUT,
            answer.usage(),
            events.costUsd(Optional.of(answer.usage())),
            context.nowNanos());
    if (invalid.isEmpty()) {
      result = Optional.of(answer.body());
      records.record(job, events.answered(answer.usage()), result);
    } else {
      context.repairs().add(id, invalid.get());
      record(job, events.invalid(answer.usage(), invalid.get().problems()));
    }
  }

  private void record(Job job, JobEvent event) {
    spans.taken(job);
    records.record(job, event, Optional.empty());
  }

  /** Ends a job with an answer that was there. */
  void completeUncalled(Job job, JobEvent event, SharedAnswers.Source source) {
    result = Optional.of(source.result());
    copied = Optional.of(source);
    spans.taken(job);
    records.record(job, event, result);
  }

  /** Ends a job that is not called. */
  void end(Job job, JobEvent event) {
    permit.giveBack();
    record(job, event);
  }

  /** Gives the call up: the provider's connection is closed, and the attempt goes on to record. */
  void abortCall() {
    calls.abort();
    shares.abort();
  }

  boolean isDecided() {
    return decided.get();
  }

  /** Ends the attempt; only the first verdict counts. */
  void decide(Verdict verdict) {
    permit.giveBack();
    if (decided.compareAndSet(false, true)) {
      spans.decided(verdict);
      shares.ended(
          verdict instanceof Verdict.Ended ended
              ? copied.or(() -> SharedAnswers.Source.of(ended.job(), result))
              : Optional.empty());
      onVerdict.accept(verdict, permit.report());
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what the consumer throws is caught here
  <T> void whenDone(
      CompletableFuture<T> future, BiConsumer<@Nullable T, @Nullable Throwable> step) {
    future.whenComplete((value, failure) -> guarded(() -> step.accept(value, failure)));
  }

  /** An exception thrown inside a completion callback would vanish, and the job with it. */
  void guarded(Runnable step) {
    if (context.config().tracing().isOn()) {
      spans.run(() -> caught(step));
    } else {
      caught(step);
    }
  }

  private void caught(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      LOG.error(
          "job {}: a step failed in an unforeseen way; it will be looked at again",
          id,
          Unforeseen.trace(e));
      calls.abandon(() -> decide(new Verdict.LookAgain(context.config().backoff().cap())));
    }
  }

  static @Nullable Throwable unwrap(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  static String describe(@Nullable Throwable failure) {
    return failure == null ? "unknown" : SparseWarning.reason(failure);
  }
}
