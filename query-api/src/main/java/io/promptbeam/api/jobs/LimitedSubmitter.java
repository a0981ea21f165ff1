package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Problem;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.OwnerCounters;
import io.promptbeam.store.OwnerCounters.Counts;
import io.promptbeam.submit.JobSubmitter;
import io.promptbeam.submit.Submission;
import io.promptbeam.submit.SubmitOutcome;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Submits within the owner's limits, which all processes count together. An owner without limits
 * costs nothing. Thread-safe; futures fail with {@link
 * io.promptbeam.store.StoreUnavailableException} as those of {@link JobSubmitter} do.
 */
final class LimitedSubmitter {
  private static final int MINUTE_SECONDS = 60;

  /** Jobs end one by one: asking much sooner is seldom worth it. */
  private static final String WAITING_RETRY_SECONDS = "10";

  private final JobStore store;
  private final OwnerCounters counters;
  private final JobSubmitter submitter;
  private final Supplier<ModelCatalog> catalog;
  private final Clock clock;
  private final WaitingRecount recount;

  LimitedSubmitter(
      JobStore store, JobSubmitter submitter, Supplier<ModelCatalog> catalog, Clock clock) {
    this.store = store;
    this.counters = store.ownerCounters();
    this.submitter = submitter;
    this.catalog = catalog;
    this.clock = clock;
    this.recount = new WaitingRecount(store, counters);
  }

  /**
   * Submits, and answers as {@code answer} does, with the headers that tell what is left.
   *
   * @return fails with a {@link io.promptbeam.api.http.ProblemException} beyond a limit
   */
  CompletableFuture<ApiResponse> submit(
      Submission submission, Function<SubmitOutcome, ApiResponse> answer) {
    Owner owner = submission.spec().owner();
    OwnerPolicy policy = catalog.get().owner(owner);
    if (policy.maxWaiting().isEmpty() && policy.submitsPerMinute().isEmpty()) {
      return submitter.submit(submission).thenApply(answer);
    }
    Instant now = clock.instant();
    return counters
        .add(owner, 1, 1, minute(now))
        .thenCompose(
            counts -> {
              State state = new State(policy, counts, now);
              if (policy.maxWaiting().isPresent()) {
                recount.ifNeeded(submission.spec(), counts, state.tooManyWait(), now);
              }
              return state.tooManyWait() || state.tooManySubmits()
                  ? beyond(submission, state, answer)
                  : within(submission, state, answer);
            });
  }

  private CompletableFuture<ApiResponse> within(
      Submission submission, State state, Function<SubmitOutcome, ApiResponse> answer) {
    return submitter
        .submit(submission)
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null || !isNew(outcome)) {
                uncount(submission.spec().owner(), state.now());
              }
            })
        .thenApply(outcome -> withHeaders(answer.apply(outcome), state));
  }

  private static boolean isNew(SubmitOutcome outcome) {
    return outcome instanceof SubmitOutcome.Accepted accepted && !accepted.replayed();
  }

  /** What was there before is answered as ever: it makes no job. */
  private CompletableFuture<ApiResponse> beyond(
      Submission submission, State state, Function<SubmitOutcome, ApiResponse> answer) {
    JobSpec spec = submission.spec();
    uncount(spec.owner(), state.now());
    boolean mayBeThere = spec.requestHash().isPresent() || spec.retryOf().isPresent();
    if (!mayBeThere) {
      return CompletableFuture.failedFuture(problem(state).asException());
    }
    return store
        .read(spec.id(), Set.of())
        .thenCompose(
            found ->
                found.isPresent()
                    ? submitter
                        .submit(submission)
                        .thenApply(outcome -> withHeaders(answer.apply(outcome), state))
                    : CompletableFuture.failedFuture(problem(state).asException()));
  }

  /** Nobody waits for it: what is lost here a recount finds. */
  private void uncount(Owner owner, Instant counted) {
    var unused = counters.add(owner, -1, -1, minute(counted));
  }

  private static long minute(Instant time) {
    return Math.floorDiv(time.getEpochSecond(), MINUTE_SECONDS);
  }

  private record State(OwnerPolicy policy, Counts counts, Instant now) {
    boolean tooManyWait() {
      return policy.maxWaiting().isPresent() && counts.waiting() > policy.maxWaiting().getAsLong();
    }

    boolean tooManySubmits() {
      return policy.submitsPerMinute().isPresent()
          && counts.submits() > policy.submitsPerMinute().getAsLong();
    }

    long secondsLeft() {
      return (long) MINUTE_SECONDS - Math.floorMod(now.getEpochSecond(), MINUTE_SECONDS);
    }

    /** As of draft-ietf-httpapi-ratelimit-headers-10. */
    String policyHeader() {
      StringBuilder items = new StringBuilder();
      policy
          .submitsPerMinute()
          .ifPresent(limit -> item(items, "\"submits\";q=" + limit + ";w=" + MINUTE_SECONDS));
      policy.maxWaiting().ifPresent(limit -> item(items, "\"waiting\";q=" + limit));
      return items.toString();
    }

    String limitHeader() {
      StringBuilder items = new StringBuilder();
      policy
          .submitsPerMinute()
          .ifPresent(
              limit ->
                  item(
                      items,
                      "\"submits\";r=" + left(limit, counts.submits()) + ";t=" + secondsLeft()));
      policy
          .maxWaiting()
          .ifPresent(limit -> item(items, "\"waiting\";r=" + left(limit, counts.waiting())));
      return items.toString();
    }

    private static void item(StringBuilder items, String item) {
      items.append(items.isEmpty() ? "" : ", ").append(item);
    }

    private static long left(long limit, long used) {
      return Math.max(0, Math.min(limit, limit - used));
    }
  }

  private static ApiResponse withHeaders(ApiResponse answer, State state) {
    return answer
        .with("RateLimit-Policy", state.policyHeader())
        .with("RateLimit", state.limitHeader());
  }

  private static Problem problem(State state) {
    Problem problem;
    if (state.tooManySubmits()) {
      long limit = state.policy().submitsPerMinute().orElseThrow();
      problem =
          Problem.of(
                  429,
                  "submit_rate_exceeded",
                  "Too many submissions",
                  "You may submit "
                      + limit
                      + " jobs a minute. Submit this one again in "
                      + state.secondsLeft()
                      + " s, and the others more slowly.")
              .with("limit", JsonNodeFactory.instance.textNode("submits_per_minute"))
              .with("limit_value", JsonNodeFactory.instance.numberNode(limit))
              .withHeader("Retry-After", Long.toString(state.secondsLeft()));
    } else {
      long limit = state.policy().maxWaiting().orElseThrow();
      problem =
          Problem.of(
                  429,
                  "too_many_waiting_jobs",
                  "Too many jobs are waiting",
                  "You have "
                      + limit
                      + " jobs that have not ended, as many as you may. Submit this one again when"
                      + " some have ended, or cancel some.")
              .with("limit", JsonNodeFactory.instance.textNode("max_waiting"))
              .with("limit_value", JsonNodeFactory.instance.numberNode(limit))
              .withHeader("Retry-After", WAITING_RETRY_SECONDS);
    }
    return problem
        .withHeader("RateLimit-Policy", state.policyHeader())
        .withHeader("RateLimit", state.limitHeader());
  }
}
