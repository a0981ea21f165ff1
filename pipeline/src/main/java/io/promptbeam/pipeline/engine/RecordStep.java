package io.promptbeam.pipeline.engine;

import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.Lease;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.Jobs.Applied;
import io.promptbeam.store.StoreUnavailableException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An attempt's last step: writes what it came to. A paid answer is kept in hand until the store
 * takes it.
 */
final class RecordStep {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStep.class);
  private static final SparseWarning UNRECORDED = new SparseWarning(LOG);

  /** Short: a store that is back should have the answer before another worker takes the job. */
  private static final Backoff RECORD_BACKOFF =
      new Backoff(Duration.ofMillis(250), Duration.ofSeconds(2));

  private final Attempt attempt;
  private final AttemptContext context;
  private final LanePermit permit;

  RecordStep(Attempt attempt, AttemptContext context, LanePermit permit) {
    this.attempt = attempt;
    this.context = context;
    this.permit = permit;
  }

  void record(Job job, JobEvent event, Optional<byte[]> result) {
    permit.costs(
        callsOf(event).stream()
            .flatMap(call -> call.costUsd().stream())
            .reduce(BigDecimal.ZERO, BigDecimal::add));
    record(job, event, result, 0);
  }

  private void record(Job job, JobEvent event, Optional<byte[]> result, int failures) {
    attempt.whenDone(
        context.jobs().apply(job, event, result),
        (applied, failure) -> {
          if (applied == null && isPermanent(failure)) {
            notRecordable(job, event, result);
          } else if (applied == null) {
            UNRECORDED.warn(
                () ->
                    "store unavailable, job "
                        + attempt.id()
                        + " is not recorded yet: "
                        + Attempt.describe(failure));
            Duration wait = RECORD_BACKOFF.next(failures + 1, context.random());
            var unused =
                context.after(
                    wait, () -> attempt.guarded(() -> record(job, event, result, failures + 1)));
          } else {
            recorded(applied, event);
          }
        });
  }

  /** The store will never take this write, so that holding on to it would hold the job for ever. */
  private void notRecordable(Job job, JobEvent event, Optional<byte[]> result) {
    LOG.error("job {}: the store refuses its record for good", attempt.id());
    if (event instanceof JobEvent.Complete complete && result.isPresent()) {
      JobError error = JobError.of(ErrorCodes.INTERNAL, "The store refused to keep the answer.");
      var failed = new JobEvent.Fail(complete.token(), error, complete.calls());
      record(job, failed, Optional.empty(), 0);
    } else {
      attempt.decide(new Verdict.LookAgain(context.config().backoff().cap()));
    }
  }

  private static boolean isPermanent(@Nullable Throwable failure) {
    return Attempt.unwrap(failure) instanceof StoreUnavailableException refused
        && refused.isPermanent();
  }

  private static List<CallRecord> callsOf(JobEvent event) {
    if (event instanceof JobEvent.Complete complete) {
      return complete.calls();
    } else if (event instanceof JobEvent.Fail fail) {
      return fail.calls();
    }
    return event instanceof JobEvent.Retry retry ? retry.calls() : List.of();
  }

  private void count(Job job, JobEvent event) {
    List<CallRecord> calls = callsOf(event);
    if (!calls.isEmpty()) {
      context.ledger().recorded(job.spec().owner(), calls, permit.isReserved());
    }
  }

  /** An earlier try may have been written without our hearing of it: then its calls stand there. */
  private void countUnheard(Job now, JobEvent event) {
    List<CallRecord> calls = callsOf(event);
    if (!calls.isEmpty() && now.run().calls().containsAll(calls)) {
      count(now, event);
      boolean endsJob = !(event instanceof JobEvent.Retry);
      if (endsJob && now.run().ending().isPresent()) {
        context
            .ledger()
            .ended(
                now.spec().owner(),
                now.spec().modelId(),
                now.run().state(),
                now.run().ending().get().at());
      }
    }
  }

  private void recorded(Applied applied, JobEvent event) {
    if (applied instanceof Applied.Refused refused) {
      countUnheard(refused.job(), event);
    }
    if (applied instanceof Applied.Done done) {
      count(done.job(), event);
      attempt.decide(verdict(done.job(), event));
    } else if (applied instanceof Applied.Refused refused
        && !refused.job().run().state().isTerminal()) {
      if (permit.hasCallStarted()) {
        LOG.info("job {}: lease lost before its answer was recorded", attempt.id());
      }
      Optional<Lease> held = refused.job().run().lease();
      attempt.decide(
          new Verdict.LookAgain(
              held.map(Lease::expiresAt)
                  .map(context::untilNextLook)
                  .orElse(AttemptContext.LEASE_SLACK)));
    } else {
      attempt.decide(new Verdict.NothingToDo());
    }
  }

  private Verdict verdict(Job now, JobEvent event) {
    if (now.run().state().isTerminal()) {
      return new Verdict.Ended(now);
    }
    if (event instanceof JobEvent.Reroute reroute) {
      // Not on a retry budget, which would hold it to a model whose breaker may open meanwhile.
      Duration wait = now.run().notBefore().map(context::until).orElse(Duration.ZERO);
      return new Verdict.Reroute(
          reroute.route().modelId().orElse(now.spec().modelId()),
          false,
          new Verdict.LookAgain(wait));
    }
    if (event instanceof JobEvent.Retry retry
        && retry.error().code().equals(ErrorCodes.INVALID_OUTPUT)) {
      // Not on the retry budget: the provider is well.
      return new Verdict.LookAgain(Duration.ZERO);
    }
    if (now.run().notBefore().isPresent()) {
      return new Verdict.Retry(context.until(now.run().notBefore().get()));
    }
    if (event instanceof JobEvent.Release release && release.why().isPresent()) {
      // Not on the retry budget: the breaker paces what cannot be sent.
      return new Verdict.LookAgain(
          context.config().backoff().next(CallEvents.UNSENT, context.random()));
    }
    return new Verdict.LookAgain(Duration.ZERO);
  }
}
