package io.promptbeam.pipeline.engine;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.TokenAmount;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An attempt's right to one call, with what its lane wants to know of it: released once, by
 * whatever says first what the call came to, and reported to the lane in the same moment.
 * Thread-safe.
 */
final class LanePermit {
  /** Whose call it is. Thread-safe. */
  interface Lane {
    /**
     * A call goes out now.
     *
     * @return how long it may take, if less than its model's calls usually may
     */
    Optional<Duration> callStarts(boolean probe);

    /**
     * Hears about the provider, once per permit.
     *
     * @param tookNanos how long the call took, if there was one
     * @param error why it failed, if it did
     */
    void report(CallReport report, boolean probe, long tookNanos, Optional<JobError> error);

    /** Hears what the provider said about its limits. */
    void hinted(List<RateHint> hints);
  }

  private final Permit permit;
  private final boolean probe;
  private final OwnerGate.Reservation reservation;
  private final Lane lane;
  private final AttemptContext context;
  private final AtomicBoolean held = new AtomicBoolean(true);
  private volatile CallReport report = CallReport.NOT_CALLED;
  private volatile long usedTokens;
  private volatile BigDecimal costUsd = BigDecimal.ZERO;
  private volatile boolean callStarted;
  private volatile long callStartedNanos;

  /**
   * @param probe whether the call is to find out if the provider is back
   */
  LanePermit(
      Permit permit,
      boolean probe,
      OwnerGate.Reservation reservation,
      Lane lane,
      AttemptContext context) {
    this.permit = permit;
    this.reservation = reservation;
    this.probe = probe;
    this.lane = lane;
    this.context = context;
  }

  /** How long the call that goes out now may take, if less than its model's calls usually may. */
  Optional<Duration> callStarts() {
    callStarted = true;
    callStartedNanos = context.nowNanos();
    return lane.callStarts(probe);
  }

  boolean hasCallStarted() {
    return callStarted;
  }

  /** What was reported; final once the permit is released. */
  CallReport report() {
    return report;
  }

  /** What counts as used of the owner's share; final once the permit is released. */
  long usedTokens() {
    return usedTokens;
  }

  /** What the provider said about its limits, whatever the call came to. */
  void hinted(List<RateHint> hints) {
    lane.hinted(hints);
  }

  /** What the attempt's calls cost, as far as known. */
  BigDecimal costUsd() {
    return costUsd;
  }

  void costs(BigDecimal usd) {
    costUsd = usd;
  }

  /** Whether the owner's budget knows of the cost by itself. */
  boolean isReserved() {
    return reservation.isCounted();
  }

  void answered(Usage usage, boolean isRetry) {
    used(
        amount(usage), isRetry ? CallReport.RETRY_ANSWERED : CallReport.ANSWERED, Optional.empty());
  }

  /** The call was given up by us: what it used is unknown, so it counts in full. */
  void givenUp() {
    if (release()) {
      permit.spent(context.nowNanos());
      report(CallReport.GIVEN_UP, Optional.empty());
    }
  }

  /**
   * The call failed.
   *
   * @param cutShort whether the job left it less time than its model's calls may take
   */
  void failed(LlmException failed, boolean cutShort) {
    boolean timedOut = failed.error().code().equals(ErrorCodes.TIMEOUT);
    if (failed instanceof LlmException.Throttled) {
      if (release()) {
        permit.throttled(failed.retryAfter().orElse(Duration.ZERO), context.nowNanos());
        report(CallReport.REFUSED, Optional.empty());
      }
    } else if (failed instanceof LlmException.Permanent) {
      used(
          failed.usage().map(LanePermit::amount).orElse(TokenAmount.NONE),
          CallReport.REFUSED,
          Optional.empty());
    } else if (failed instanceof LlmException.Unreachable) {
      if (release()) {
        permit.ignored(context.nowNanos());
        report(CallReport.FAILED, Optional.of(failed.error()));
      }
    } else if (timedOut && cutShort) {
      // A job that leaves its call too little time says nothing about the provider.
      givenUp();
    } else if (timedOut) {
      if (release()) {
        permit.spent(context.nowNanos());
        report(CallReport.FAILED, Optional.of(failed.error()));
      }
    } else {
      used(TokenAmount.NONE, CallReport.FAILED, Optional.of(failed.error()));
    }
  }

  /** Gives the permit back, if nothing has released it before. */
  void giveBack() {
    if (release()) {
      permit.ignored(context.nowNanos());
      report(callStarted ? CallReport.GIVEN_UP : CallReport.NOT_CALLED, Optional.empty());
    }
  }

  /** The job waits for another one's call: till it is drawn again, nothing is kept for it. */
  void giveBackUncalled() {
    giveBack();
    reservation.cancel();
  }

  private static TokenAmount amount(Usage usage) {
    return new TokenAmount(usage.inputTokens(), usage.outputTokens());
  }

  private void used(TokenAmount tokens, CallReport learned, Optional<JobError> error) {
    if (release()) {
      usedTokens = tokens.total();
      permit.succeeded(tokens, context.nowNanos());
      report(learned, error);
    }
  }

  private boolean release() {
    return held.compareAndSet(true, false);
  }

  private void report(CallReport learned, Optional<JobError> error) {
    report = learned;
    lane.report(learned, probe, context.nowNanos() - callStartedNanos, error);
  }
}
