package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.store.Jobs.Applied;
import io.promptbeam.store.StoreUnavailableException;
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
 * One attempt at one job, under a permit: claim → call → record. Runs on whatever thread completes
 * the step before; ends in exactly one verdict, and has released the permit by then.
 */
final class Attempt {
  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);
  private static final SparseWarning UNREADABLE = new SparseWarning(LOG);
  private static final SparseWarning UNRECORDED = new SparseWarning(LOG);

  /** A lapsed lease is looked at a little later than it lapses, for clocks that differ. */
  private static final Duration LEASE_SLACK = Duration.ofMillis(200);

  /** A call that could not be sent is waited for like a call that failed this often. */
  private static final int UNSENT = 3;

  /** Short: a store that is back should have the answer before another worker takes the job. */
  private static final Backoff RECORD_BACKOFF =
      new Backoff(Duration.ofMillis(250), Duration.ofSeconds(2));

  private final AttemptContext context;
  private final JobId id;
  private final LanePermit permit;
  private final BiConsumer<Verdict, CallReport> onVerdict;
  private final AtomicBoolean decided = new AtomicBoolean();
  private volatile boolean calling;
  private volatile boolean cancelSeen;
  private volatile boolean deadlineBinds;
  private volatile @Nullable CompletableFuture<LlmAnswer> call;
  private volatile @Nullable Runnable stopRenewal;

  /**
   * @param onVerdict called once, with what was learned about the provider
   */
  Attempt(
      AttemptContext context,
      JobId id,
      LanePermit permit,
      BiConsumer<Verdict, CallReport> onVerdict) {
    this.context = context;
    this.id = id;
    this.permit = permit;
    this.onVerdict = onVerdict;
  }

  /** Starts with the job as a bulk read found it. */
  void begin(Optional<Job> read) {
    guarded(
        () -> {
          if (read.isEmpty() || read.get().run().state().isTerminal()) {
            decide(new Verdict.NothingToDo());
            return;
          }
          claim(read.get());
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

  private void claim(Job job) {
    Optional<ModelConfig> model = context.clients().catalog().find(job.spec().modelId());
    if (model.isEmpty()) {
      String text = "No model '" + job.spec().modelId() + "' is configured.";
      end(job, new JobEvent.Reject(JobError.of(ErrorCodes.UNKNOWN_MODEL, text)));
      return;
    }
    String token = context.nextToken();
    whenDone(
        context.jobs().apply(job, new JobEvent.Claim(token, context.config().leaseFor())),
        (applied, failure) -> {
          if (failure != null) {
            context.unheard().add(id, token);
            storeFailed(failure);
          } else if (applied instanceof Applied.Done done) {
            claimed(done.job(), token, model.get());
          } else if (applied instanceof Applied.Refused refused) {
            notClaimed(refused, model.get());
          } else {
            decide(new Verdict.NothingToDo());
          }
        });
  }

  private void notClaimed(Applied.Refused refused, ModelConfig model) {
    Job job = refused.job();
    Optional<String> unheard =
        job.run().lease().map(Lease::token).filter(token -> context.unheard().remove(id, token));
    if (unheard.isPresent()) {
      resume(job, unheard.get(), model);
      return;
    }
    switch (refused.reason()) {
      case LEASE_HELD -> decide(new Verdict.LookAgain(untilNextLook(expiryOf(job))));
      case NOT_DUE ->
          decide(
              new Verdict.LookAgain(until(job.run().notBefore(job.spec().limits()).orElseThrow())));
      case DEADLINE_PASSED -> end(job, new JobEvent.Expire());
      case ATTEMPTS_EXHAUSTED ->
          end(job, new JobEvent.GiveUp(context.config().leaseFor().dividedBy(2)));
      default -> decide(new Verdict.NothingToDo());
    }
  }

  /**
   * A claim of ours, of which we never heard that it was written: nobody has called under it, and
   * waiting for it to lapse would waste an attempt.
   */
  private void resume(Job job, String token, ModelConfig model) {
    whenDone(
        context.jobs().apply(job, new JobEvent.Renew(token, context.config().leaseFor())),
        (applied, failure) -> {
          if (failure != null) {
            context.unheard().add(id, token);
            storeFailed(failure);
          } else if (applied instanceof Applied.Done done) {
            claimed(done.job(), token, model);
          } else {
            decide(new Verdict.LookAgain(LEASE_SLACK));
          }
        });
  }

  /** The holder may well finish before its lease ends, and then there is nothing to wait for. */
  private Duration untilNextLook(Instant leaseExpiresAt) {
    Duration lapse = until(leaseExpiresAt.plus(LEASE_SLACK));
    Duration look = context.config().leaseFor().dividedBy(12);
    return !lapse.isZero() && lapse.compareTo(look) < 0 ? lapse : look;
  }

  private static Instant expiryOf(Job job) {
    return job.run().lease().map(Lease::expiresAt).orElseThrow();
  }

  private void claimed(Job job, String token, ModelConfig model) {
    context.unheard().forget(id);
    if (job.run().state() != JobState.PROCESSING) {
      // A cancel request was waiting for the last worker's lease to lapse.
      decide(new Verdict.Ended(job));
      return;
    }
    if (job.run().cancelRequested()) {
      record(job, new JobEvent.Abort(token), Optional.empty(), 0);
      return;
    }
    Optional<LlmRequest> request = job.request();
    if (request.isEmpty()) {
      String text = "The stored request is missing.";
      record(
          job,
          new JobEvent.Fail(token, JobError.of(ErrorCodes.INTERNAL, text), List.of()),
          Optional.empty(),
          0);
      return;
    }
    Instant now = context.clock().instant();
    Instant deadline = job.spec().limits().deadline();
    // The claim's answer may have been long on its way: by now somebody else may be calling.
    boolean late = !job.run().leaseIsLive(now) || !now.isBefore(deadline);
    if (late || context.stopping().getAsBoolean()) {
      record(job, new JobEvent.Release(token, Optional.empty()), Optional.empty(), 0);
      return;
    }
    calling = true;
    Duration usual =
        permit
            .callStarts()
            .filter(limit -> limit.compareTo(model.timeouts().call()) < 0)
            .orElse(model.timeouts().call());
    Duration left = Duration.between(now, deadline);
    deadlineBinds = left.compareTo(usual) < 0;
    Duration timeout = deadlineBinds ? left : usual;
    scheduleRenewal(job, token);
    context.counters().callStarted();
    CompletableFuture<LlmAnswer> answer =
        context.clients().client(model.id()).call(request.get(), timeout);
    call = answer;
    whenDone(answer, (done, failure) -> called(job, token, model, done, failure));
  }

  private void called(
      Job job,
      String token,
      ModelConfig model,
      @Nullable LlmAnswer answer,
      @Nullable Throwable failure) {
    if (decided.get()) {
      return;
    }
    calling = false;
    stopRenewal();
    context.counters().callEnded();
    if (answer != null) {
      permit.answered(answer.usage(), job.run().attempt() > 1);
      CallRecord paid = callRecord(job, model, Optional.of(answer.usage()), Optional.empty());
      record(job, new JobEvent.Complete(token, List.of(paid)), Optional.of(answer.body()), 0);
      return;
    }
    if (cancelSeen) {
      permit.givenUp();
      record(job, new JobEvent.Abort(token), Optional.empty(), 0);
      return;
    }
    Throwable cause = unwrap(failure);
    JobEvent event;
    if (cause instanceof LlmException failed) {
      permit.failed(failed, deadlineBinds);
      event = eventAfter(failed, job, token, model);
    } else if (cause instanceof CancellationException) {
      // We gave it up: the lease was lost, or the worker stops. Then others may call at once.
      permit.givenUp();
      String text = "The worker stopped before the provider answered.";
      JobError error = JobError.of(ErrorCodes.WORKER_STOPPED, text);
      event =
          new JobEvent.Retry(
              token, context.clock().instant(), error, List.of(failedCall(job, model, error)));
    } else {
      LOG.error("job {}: the client failed in an unforeseen way", id, Unforeseen.trace(cause));
      permit.givenUp();
      JobError error = JobError.of(ErrorCodes.INTERNAL, "The call failed inside Promptbeam.");
      event = retry(job, token, error, Optional.empty(), failedCall(job, model, error));
    }
    record(job, event, Optional.empty(), 0);
  }

  private JobEvent eventAfter(LlmException failed, Job job, String token, ModelConfig model) {
    CallRecord call = callRecord(job, model, failed.usage(), Optional.of(failed.error().code()));
    if (!failed.isRetryable()) {
      return new JobEvent.Fail(token, failed.error(), List.of(call));
    }
    if (failed instanceof LlmException.Unreachable) {
      // Nothing was sent, and the breaker paces further tries: an outage must not cost attempts.
      return new JobEvent.Release(token, Optional.of(failed.error()));
    }
    return retry(job, token, failed.error(), failed.retryAfter(), call);
  }

  private CallRecord failedCall(Job job, ModelConfig model, JobError error) {
    return callRecord(job, model, Optional.empty(), Optional.of(error.code()));
  }

  private CallRecord callRecord(
      Job job, ModelConfig model, Optional<Usage> usage, Optional<String> errorCode) {
    return new CallRecord(
        job.run().attempt(),
        model.id(),
        context.clock().instant(),
        usage,
        usage.map(model.pricing()::costUsd),
        errorCode);
  }

  private JobEvent retry(
      Job job, String token, JobError error, Optional<Duration> asked, CallRecord call) {
    Duration backoff = context.config().backoff().next(job.run().attempt(), context.random());
    Duration wait = asked.filter(a -> a.compareTo(backoff) > 0).orElse(backoff);
    return new JobEvent.Retry(token, context.clock().instant().plus(wait), error, List.of(call));
  }

  /** Writes what the call came to. A paid answer is kept in hand until the store takes it. */
  private void record(Job job, JobEvent event, Optional<byte[]> result, int failures) {
    whenDone(
        context.jobs().apply(job, event, result),
        (applied, failure) -> {
          if (applied == null && isPermanent(failure)) {
            notRecordable(job, event, result);
          } else if (applied == null) {
            UNRECORDED.warn(
                () ->
                    "store unavailable, job " + id + " is not recorded yet: " + describe(failure));
            Duration wait = RECORD_BACKOFF.next(failures + 1, context.random());
            var unused =
                context.after(wait, () -> guarded(() -> record(job, event, result, failures + 1)));
          } else {
            recorded(applied, event);
          }
        });
  }

  /** The store will never take this write, so that holding on to it would hold the job for ever. */
  private void notRecordable(Job job, JobEvent event, Optional<byte[]> result) {
    LOG.error("job {}: the store refuses its record for good", id);
    if (event instanceof JobEvent.Complete complete && result.isPresent()) {
      JobError error = JobError.of(ErrorCodes.INTERNAL, "The store refused to keep the answer.");
      var failed = new JobEvent.Fail(complete.token(), error, complete.calls());
      record(job, failed, Optional.empty(), 0);
    } else {
      decide(new Verdict.LookAgain(context.config().backoff().cap()));
    }
  }

  private static boolean isPermanent(@Nullable Throwable failure) {
    return unwrap(failure) instanceof StoreUnavailableException refused && refused.isPermanent();
  }

  private void recorded(Applied applied, JobEvent event) {
    if (applied instanceof Applied.Done done) {
      Job now = done.job();
      if (now.run().state().isTerminal()) {
        decide(new Verdict.Ended(now));
      } else if (now.run().notBefore().isPresent()) {
        decide(new Verdict.Retry(until(now.run().notBefore().get())));
      } else if (event instanceof JobEvent.Release release && release.why().isPresent()) {
        // Not on the retry budget: the breaker paces what cannot be sent.
        decide(new Verdict.LookAgain(context.config().backoff().next(UNSENT, context.random())));
      } else {
        decide(new Verdict.LookAgain(Duration.ZERO));
      }
    } else if (applied instanceof Applied.Refused refused
        && !refused.job().run().state().isTerminal()) {
      if (permit.hasCallStarted()) {
        LOG.info("job {}: lease lost before its answer was recorded", id);
      }
      Optional<Lease> held = refused.job().run().lease();
      decide(
          new Verdict.LookAgain(
              held.map(Lease::expiresAt).map(this::untilNextLook).orElse(LEASE_SLACK)));
    } else {
      decide(new Verdict.NothingToDo());
    }
  }

  /** Ends a job that is not called. */
  private void end(Job job, JobEvent event) {
    permit.giveBack();
    record(job, event, Optional.empty(), 0);
  }

  private void scheduleRenewal(Job job, String token) {
    stopRenewal =
        context.after(
            context.config().leaseFor().dividedBy(3), () -> guarded(() -> renew(job, token)));
  }

  private void renew(Job job, String token) {
    if (!calling) {
      return;
    }
    whenDone(
        context.jobs().apply(job, new JobEvent.Renew(token, context.config().leaseFor())),
        (applied, failure) -> {
          if (!calling) {
            return;
          }
          if (failure != null) {
            scheduleRenewal(job, token);
          } else if (applied instanceof Applied.Done done) {
            if (done.job().run().cancelRequested()) {
              cancelSeen = true;
              abortCall();
            } else {
              scheduleRenewal(done.job(), token);
            }
          } else {
            abortCall();
          }
        });
  }

  /** Gives the call up: the provider's connection is closed, and the attempt goes on to record. */
  void abortCall() {
    var current = call;
    if (current != null) {
      current.cancel(true);
    }
  }

  private void stopRenewal() {
    var current = stopRenewal;
    if (current != null) {
      current.run();
    }
    stopRenewal = null;
    call = null;
  }

  private Duration until(Instant time) {
    Duration wait = Duration.between(context.clock().instant(), time);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  private void decide(Verdict verdict) {
    permit.giveBack();
    if (decided.compareAndSet(false, true)) {
      onVerdict.accept(verdict, permit.report());
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what the consumer throws is caught here
  private <T> void whenDone(
      CompletableFuture<T> future, BiConsumer<@Nullable T, @Nullable Throwable> step) {
    future.whenComplete((value, failure) -> guarded(() -> step.accept(value, failure)));
  }

  /** An exception thrown inside a completion callback would vanish, and the job with it. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      LOG.error(
          "job {}: a step failed in an unforeseen way; it will be looked at again",
          id,
          Unforeseen.trace(e));
      boolean wasCalling = calling;
      calling = false;
      var abandoned = call;
      stopRenewal();
      decide(new Verdict.LookAgain(context.config().backoff().cap()));
      if (wasCalling) {
        context.counters().callEnded();
      }
      if (abandoned != null) {
        abandoned.cancel(true);
      }
    }
  }

  private static @Nullable Throwable unwrap(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static String describe(@Nullable Throwable failure) {
    return failure == null ? "unknown" : SparseWarning.reason(failure);
  }
}
