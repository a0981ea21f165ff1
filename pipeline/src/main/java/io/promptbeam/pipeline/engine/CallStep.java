package io.promptbeam.pipeline.engine;

import static java.util.Objects.requireNonNull;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.store.Jobs.Applied;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An attempt's call, for as long as it takes: keeps the lease, and hears of a cancel request. */
final class CallStep {
  /** Hears how the call ended. */
  interface Ended {
    /**
     * Called once.
     *
     * @param answer null when there is a failure
     * @param failure null when there is an answer
     */
    void ended(Claimed claimed, @Nullable LlmAnswer answer, @Nullable Throwable failure);
  }

  private final Attempt attempt;
  private final AttemptContext context;
  private final LanePermit permit;
  private final AttemptSpans spans;
  private final Ended onEnded;
  private volatile boolean calling;
  private volatile boolean cancelSeen;
  private volatile boolean deadlineBinds;
  private volatile boolean leaseLost;
  private volatile EngineFigures.@Nullable Call counted;
  private volatile @Nullable CompletableFuture<LlmAnswer> call;
  private volatile @Nullable Runnable stopRenewal;

  CallStep(
      Attempt attempt,
      AttemptContext context,
      LanePermit permit,
      AttemptSpans spans,
      Ended onEnded) {
    this.attempt = attempt;
    this.context = context;
    this.permit = permit;
    this.spans = spans;
    this.onEnded = onEnded;
  }

  void call(Claimed claimed, LlmRequest request) {
    calling = true;
    Duration most = claimed.model().timeouts().call();
    Duration usual = permit.callStarts().filter(limit -> limit.compareTo(most) < 0).orElse(most);
    Duration left =
        Duration.between(context.clock().instant(), claimed.job().spec().limits().deadline());
    deadlineBinds = left.compareTo(usual) < 0;
    Duration timeout = deadlineBinds ? left : usual;
    scheduleRenewal(claimed.job(), claimed.token());
    counted = context.figures().of(claimed.model().id()).callStarted(context.nowNanos());
    Optional<String> traceparent = spans.calling(claimed, request);
    CompletableFuture<LlmAnswer> answer =
        context
            .clients()
            .client(claimed.model().id())
            .call(request, options(claimed, traceparent), timeout);
    call = answer;
    attempt.whenDone(answer, (done, failure) -> ended(claimed, done, failure));
  }

  /** Providers hear of the trace only where models.yaml says that they may. */
  private static CallOptions options(Claimed claimed, Optional<String> traceparent) {
    return new CallOptions(
        claimed.job().spec().options().outputSchema(),
        claimed.model().options().sendTraceparent() ? traceparent : Optional.empty());
  }

  /** Whether the owner wants it cancelled, as far as was heard. */
  boolean cancelSeen() {
    return cancelSeen;
  }

  /** Whether it was given up because the job is not ours any more, as far as was heard. */
  boolean leaseLost() {
    return leaseLost;
  }

  /** The call's figures; to be ended by whoever hears that it ended. */
  EngineFigures.Call counted() {
    return requireNonNull(counted, "no call was started");
  }

  /** Whether the job left the call less time than its model's calls may take. */
  boolean deadlineBinds() {
    return deadlineBinds;
  }

  private void ended(Claimed claimed, @Nullable LlmAnswer answer, @Nullable Throwable failure) {
    if (attempt.isDecided()) {
      return;
    }
    calling = false;
    stopRenewal();
    spans.called(answer, failure);
    onEnded.ended(claimed, answer, failure);
  }

  private void scheduleRenewal(Job job, String token) {
    stopRenewal =
        context.after(
            context.config().leaseFor().dividedBy(3),
            () -> attempt.guarded(() -> renew(job, token)));
  }

  private void renew(Job job, String token) {
    if (!calling) {
      return;
    }
    attempt.whenDone(
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
              abort();
            } else {
              scheduleRenewal(done.job(), token);
            }
          } else {
            leaseLost = true;
            abort();
          }
        });
  }

  /** Gives the call up: the provider's connection is closed, and the attempt goes on to record. */
  void abort() {
    var current = call;
    if (current != null) {
      current.cancel(true);
    }
  }

  /** Ends the call for an attempt that is decided without it. */
  void abandon(Runnable decide) {
    calling = false;
    var abandoned = call;
    var started = counted;
    stopRenewal();
    decide.run();
    if (started != null) {
      started.failed(ErrorCodes.INTERNAL);
    }
    if (abandoned != null) {
      abandoned.cancel(true);
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
}
