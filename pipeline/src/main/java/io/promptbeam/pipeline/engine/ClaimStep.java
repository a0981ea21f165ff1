package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.Lease;
import io.promptbeam.job.Route;
import io.promptbeam.job.Route.Hop;
import io.promptbeam.store.Jobs.Applied;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** An attempt's first step: the job becomes ours, or it is said why it does not. */
final class ClaimStep {
  /** Longer than any worker takes to read a changed models.yaml. */
  private static final Duration CATALOG_MAY_BE_OLD = Duration.ofMinutes(1);

  private static final Duration CATALOG_LOOK = Duration.ofSeconds(2);

  private final Attempt attempt;
  private final AttemptContext context;
  private final Consumer<Claimed> onClaimed;

  ClaimStep(Attempt attempt, AttemptContext context, Consumer<Claimed> onClaimed) {
    this.attempt = attempt;
    this.context = context;
    this.onClaimed = onClaimed;
  }

  void claim(Job job) {
    ModelCatalog catalog = context.clients().catalog();
    Optional<ModelConfig> own = catalog.find(job.spec().modelId());
    if (own.isEmpty() && isYoung(job)) {
      // Accepted under a catalog that this worker has yet to read.
      attempt.decide(new Verdict.LookAgain(CATALOG_LOOK));
      return;
    }
    if (own.isEmpty()) {
      String text = "No model '" + job.spec().modelId() + "' is configured.";
      attempt.end(job, new JobEvent.Reject(JobError.of(ErrorCodes.UNKNOWN_MODEL, text)));
      return;
    }
    FallbackChain chain = FallbackChain.of(job, own.get(), catalog);
    String due = chain.dueAt(job.run().route().modelId()).id();
    String here = attempt.laneModel();
    if (here.equals(due)) {
      claim(job, chain.dueAt(Optional.of(due)), chain, Optional.empty());
    } else if (chain.allows(here) && context.failing().test(due)) {
      Route route = job.run().route().to(here, List.of(new Hop(due, Hop.BREAKER_OPEN)));
      claim(job, chain.dueAt(Optional.of(here)), chain, Optional.of(route));
    } else {
      attempt.decide(
          new Verdict.Reroute(due, !chain.allows(here), new Verdict.LookAgain(Duration.ZERO)));
    }
  }

  private boolean isYoung(Job job) {
    Instant from = job.spec().limits().notBefore().orElse(job.spec().createdAt());
    return context.clock().instant().isBefore(from.plus(CATALOG_MAY_BE_OLD));
  }

  private void claim(Job job, ModelConfig model, FallbackChain chain, Optional<Route> route) {
    String token = context.nextToken();
    attempt.whenDone(
        context.jobs().apply(job, new JobEvent.Claim(token, context.config().leaseFor(), route)),
        (applied, failure) -> {
          if (failure != null) {
            unheard(token, failure);
          } else if (applied instanceof Applied.Done done) {
            claimed(new Claimed(done.job(), token, model, chain));
          } else if (applied instanceof Applied.Refused refused) {
            notClaimed(refused, model, chain);
          } else {
            attempt.decide(new Verdict.NothingToDo());
          }
        });
  }

  private void notClaimed(Applied.Refused refused, ModelConfig model, FallbackChain chain) {
    Job job = refused.job();
    Optional<String> unheard =
        job.run()
            .lease()
            .map(Lease::token)
            .filter(token -> context.unheard().remove(attempt.id(), token));
    if (unheard.isPresent()) {
      resume(job, unheard.get(), model, chain);
      return;
    }
    switch (refused.reason()) {
      case LEASE_HELD ->
          attempt.decide(
              new Verdict.LookAgain(
                  context.untilNextLook(job.run().lease().orElseThrow().expiresAt())));
      case NOT_DUE ->
          attempt.decide(
              new Verdict.LookAgain(
                  context.until(job.run().notBefore(job.spec().limits()).orElseThrow())));
      case DEADLINE_PASSED -> attempt.end(job, new JobEvent.Expire());
      case ATTEMPTS_EXHAUSTED ->
          attempt.end(job, new JobEvent.GiveUp(context.config().leaseFor().dividedBy(2)));
      default -> attempt.decide(new Verdict.NothingToDo());
    }
  }

  /**
   * A claim of ours, of which we never heard that it was written: nobody has called under it, and
   * waiting for it to lapse would waste an attempt.
   */
  private void resume(Job job, String token, ModelConfig model, FallbackChain chain) {
    attempt.whenDone(
        context.jobs().apply(job, new JobEvent.Renew(token, context.config().leaseFor())),
        (applied, failure) -> {
          if (failure != null) {
            unheard(token, failure);
          } else if (applied instanceof Applied.Done done) {
            claimed(new Claimed(done.job(), token, model, chain));
          } else {
            attempt.decide(new Verdict.LookAgain(AttemptContext.LEASE_SLACK));
          }
        });
  }

  private void claimed(Claimed claimed) {
    context.unheard().forget(attempt.id());
    onClaimed.accept(claimed);
  }

  private void unheard(String token, Throwable failure) {
    context.unheard().add(attempt.id(), token);
    attempt.storeFailed(failure);
  }
}
