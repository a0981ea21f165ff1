package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Lease;
import io.promptbeam.pipeline.simulation.JobHistory.Write;
import io.promptbeam.pipeline.simulation.SimCall.Outcome;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether one write of a row is a step of the state machine, as the promises tell it. Written
 * without a look at the machine, so that the two can disagree.
 */
final class PathCheck {
  /** A write decided in time may be tried again for so long. */
  private static final Duration TRIES = Duration.ofSeconds(90);

  private final Ledger ledger;
  private final JobHistory history;
  private final JobSpec spec;
  private final Write write;
  private final JobRun next;

  PathCheck(Ledger ledger, JobHistory history, JobSpec spec, Write write) {
    this.ledger = ledger;
    this.history = history;
    this.spec = spec;
    this.write = write;
    this.next = write.after();
  }

  void check() {
    if (write.before().isEmpty()) {
      require(next.equals(JobRun.NEW), "a job begins new");
      return;
    }
    JobRun before = write.before().get();
    if (before.state().isTerminal()) {
      boolean same =
          next.state() == before.state()
              && next.attempt() == before.attempt()
              && next.ending().equals(before.ending());
      if (!same || before.erased() || !next.erased()) {
        ledger.violated(
            Promise.ENDED_STAYS_ENDED,
            spec.id().toString(),
            "written after its end: " + Ledger.describe(next));
      }
      return;
    }
    switch (next.state()) {
      case PROCESSING -> processing(before);
      case PENDING -> waiting(before);
      case COMPLETED -> require(heldByWriter(before), "only the lease's holder completes a job");
      case FAILED -> failed(before);
      case CANCELLED ->
          require(
              !live(before) || (heldByWriter(before) && before.cancelRequested()),
              "a job that is being called is cancelled by its worker");
      case EXPIRED -> expired(before);
    }
    if (next.state().isTerminal()) {
      require(next.attempt() == before.attempt(), "an end counts no attempt");
    }
  }

  private void processing(JobRun before) {
    Lease lease = next.lease().orElseThrow();
    if (before.holds(lease.token())) {
      require(next.attempt() == before.attempt(), "a renewal counts no attempt");
      require(next.cancelRequested() || !before.cancelRequested(), "a cancel request stays");
      boolean renewed = !next.lease().equals(before.lease());
      require(!renewed || isWriters(lease.token()), "the holder renews its lease");
      return;
    }
    require(isWriters(lease.token()), "a claim carries its worker's token");
    require(!history.claims.containsKey(lease.token()), "a token is used once");
    require(!live(before), "no claim against a live lease");
    require(!before.cancelRequested(), "no claim after a cancel request");
    require(
        before.notBefore().isEmpty() || !write.decidedAt().isBefore(before.notBefore().get()),
        "no claim before its time");
    require(
        write.decidedAt().isBefore(spec.limits().deadline().plus(TRIES)),
        "no claim after the deadline");
    require(next.attempt() == before.attempt() + 1, "a claim counts one attempt");
    require(next.attempt() <= spec.limits().maxAttempts(), "no attempt beyond the last");
  }

  private void waiting(JobRun before) {
    require(heldByWriter(before), "only the holder hands a job back");
    Optional<SimCall> call = callOfHolder(before);
    if (next.attempt() == before.attempt() - 1) {
      require(call.isEmpty(), "an attempt with a call is not given back");
      return;
    }
    require(next.attempt() == before.attempt(), "a retry keeps the count");
    require(
        call.isPresent()
            && (call.get().outcome == Outcome.FAILED || call.get().outcome == Outcome.GIVEN_UP),
        "a retry follows a failed call");
    if (call.isPresent() && call.get().outcome == Outcome.GIVEN_UP) {
      require(
          ledger.hasDrained(call.get().callerLabel()), "only a worker that ends gives a call up");
    }
    require(next.lastError().isPresent(), "a retry says why");
  }

  private void failed(JobRun before) {
    String code = next.ending().orElseThrow().error().map(error -> error.code()).orElse("no error");
    if (code.equals(ErrorCodes.POISON)) {
      require(!live(before), "no verdict over a job that is being called");
      require(before.attempt() >= spec.limits().maxAttempts(), "poison has no attempt left");
      return;
    }
    require(heldByWriter(before), "only the holder fails a job");
    Outcome outcome = callOfHolder(before).map(call -> call.outcome).orElse(Outcome.RUNNING);
    boolean last = before.attempt() >= spec.limits().maxAttempts();
    require(
        outcome == Outcome.REFUSED
            || (last && (outcome == Outcome.FAILED || outcome == Outcome.GIVEN_UP)),
        "a job fails by a refusal or with its last attempt");
  }

  private void expired(JobRun before) {
    boolean retriedTooLate =
        heldByWriter(before)
            && callOfHolder(before)
                .filter(call -> call.outcome == Outcome.FAILED || call.outcome == Outcome.GIVEN_UP)
                .isPresent();
    Instant deadline = spec.limits().deadline();
    require(
        retriedTooLate || (!live(before) && !write.decidedAt().isBefore(deadline)),
        "nothing expires before its deadline or under a live lease");
  }

  private boolean live(JobRun before) {
    return before.state() == JobState.PROCESSING && before.leaseIsLive(write.decidedAt());
  }

  private boolean heldByWriter(JobRun before) {
    return before.lease().map(lease -> isWriters(lease.token())).orElse(false);
  }

  private boolean isWriters(String token) {
    return token.startsWith(write.by().name + ".");
  }

  private Optional<SimCall> callOfHolder(JobRun before) {
    return before.lease().flatMap(lease -> history.callUnder(lease.token()));
  }

  private void require(boolean holds, String rule) {
    if (!holds) {
      ledger.violated(
          Promise.HISTORY_IS_A_PATH,
          spec.id().toString(),
          rule
              + "; "
              + write.by().name
              + " at "
              + write.decidedAt()
              + " wrote "
              + Ledger.describe(next)
              + " over "
              + write.before().map(Ledger::describe).orElse("nothing"));
    }
  }
}
