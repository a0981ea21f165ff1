package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.engine.SharedAnswers.Source;
import io.promptbeam.store.AnswerIndex.Lead;
import io.promptbeam.store.AnswerKey;
import io.promptbeam.submit.AnswerKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Before an attempt claims a job that may be answered from an earlier answer: finds that answer,
 * waits for the job that is being called for it, or makes this job the one that is called.
 */
final class ShareStep {
  /** For a chosen job to be claimed; from then on its lease says whether it is being called. */
  static final Duration CLAIM_WITHIN = Duration.ofSeconds(10);

  /** For the next job to be drawn after a call that failed, before the others wait no longer. */
  private static final Duration NEXT_WITHIN = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(250);

  private final Attempt attempt;
  private final AttemptContext context;
  private final LanePermit permit;
  private final Consumer<Job> onMiss;
  private volatile @Nullable AnswerKey entered;
  private volatile @Nullable Instant leadingSince;
  private volatile boolean waiting;

  /**
   * @param onMiss claims the job: there is no answer, and this job is to get it
   */
  ShareStep(Attempt attempt, AttemptContext context, LanePermit permit, Consumer<Job> onMiss) {
    this.attempt = attempt;
    this.context = context;
    this.permit = permit;
    this.onMiss = onMiss;
  }

  void begin(Job job) {
    Optional<AnswerKey> key = job.request().flatMap(request -> AnswerKeys.of(job.spec(), request));
    Instant now = context.clock().instant();
    boolean over = !now.isBefore(job.spec().limits().deadline()) || job.run().leaseIsLive(now);
    if (key.isEmpty() || over) {
      onMiss.accept(job);
      return;
    }
    if (context.shared().enter(key.get(), new Waiting(job))) {
      entered = key.get();
      look(job, key.get());
    } else {
      waiting = true;
      permit.giveBackUncalled();
    }
  }

  /** For what another attempt of this worker finds. */
  private final class Waiting implements SharedAnswers.Waiter {
    private final Job job;

    Waiting(Job job) {
      this.job = job;
    }

    @Override
    public boolean accepts(Source found) {
      return isRecent(job, found);
    }

    @Override
    public void told(Optional<Source> found) {
      attempt.guarded(() -> ShareStep.this.told(job, found));
    }
  }

  private boolean isRecent(Job job, Source source) {
    Duration maxAge = job.spec().options().cacheMaxAge().orElse(Duration.ZERO);
    return source.isRecent(maxAge, context.clock().instant());
  }

  /** What the attempt that looked has found. */
  private void told(Job job, Optional<Source> found) {
    if (attempt.isDecided()) {
      return;
    }
    if (found.isPresent()) {
      complete(job, found.get());
    } else {
      attempt.decide(new Verdict.LookAgain(Duration.ZERO));
    }
  }

  private void look(Job job, AnswerKey key) {
    if (attempt.isDecided()) {
      return;
    }
    attempt.whenDone(
        context.shared().index().find(key),
        (found, failure) -> {
          if (found == null) {
            attempt.storeFailed(failure == null ? new IllegalStateException("no answer") : failure);
          } else if (found.isEmpty() || found.get().jobId().equals(attempt.id())) {
            lead(job, key, found);
          } else {
            judge(job, key, found.get());
          }
        });
  }

  private void judge(Job job, AnswerKey key, Lead lead) {
    attempt.whenDone(
        context.shared().read(lead.jobId()),
        (read, failure) -> {
          if (read == null) {
            attempt.storeFailed(failure == null ? new IllegalStateException("no answer") : failure);
            return;
          }
          Instant now = context.clock().instant();
          Optional<Source> source =
              read.filter(other -> other.spec().owner().equals(job.spec().owner()))
                  .flatMap(other -> Source.of(other, other.result()))
                  .filter(answer -> isRecent(job, answer));
          if (source.isPresent()) {
            complete(job, source.get());
          } else if (read.filter(other -> isBeingCalled(other, lead, now)).isPresent()) {
            follow(job, key);
          } else {
            lead(job, key, Optional.of(lead));
          }
        });
  }

  private static boolean isBeingCalled(Job other, Lead lead, Instant now) {
    boolean justChosen =
        other.run().state() == JobState.PENDING
            && other.run().calls().stream().noneMatch(call -> call.at().isAfter(lead.since()))
            && now.isBefore(lead.since().plus(CLAIM_WITHIN));
    return other.run().leaseIsLive(now) || justChosen;
  }

  /** Another worker calls: its row is looked at until it has ended, without a permit. */
  private void follow(Job job, AnswerKey key) {
    permit.giveBackUncalled();
    waiting = true;
    boolean over = !context.clock().instant().isBefore(job.spec().limits().deadline());
    if (over || context.stopping().getAsBoolean()) {
      attempt.decide(new Verdict.LookAgain(Duration.ZERO));
      return;
    }
    var unused = context.after(LOOK, () -> attempt.guarded(() -> look(job, key)));
  }

  private void lead(Job job, AnswerKey key, Optional<Lead> instead) {
    if (waiting) {
      // Back to the lane, for a permit.
      attempt.decide(new Verdict.LookAgain(Duration.ZERO));
      return;
    }
    Instant since = context.clock().instant();
    attempt.whenDone(
        context.shared().index().lead(key, attempt.id(), since, instead),
        (won, failure) -> {
          if (won == null) {
            attempt.storeFailed(failure == null ? new IllegalStateException("no answer") : failure);
          } else if (won) {
            leadingSince = since;
            onMiss.accept(job);
          } else {
            follow(job, key);
          }
        });
  }

  private void complete(Job job, Source source) {
    permit.giveBack();
    JobEvent event = source.completion();
    attempt.completeUncalled(job, event, source);
  }

  /** Whether somebody else may have been chosen because the claim took so long. */
  boolean isOutrun(Instant now) {
    Instant since = leadingSince;
    return since != null && !now.isBefore(since.plus(CLAIM_WITHIN));
  }

  /** Tells those that wait, once. */
  void ended(Optional<Source> found) {
    AnswerKey key = entered;
    entered = null;
    if (key != null) {
      OptionalLong turn = context.shared().leave(key, found);
      if (turn.isPresent()) {
        var unused =
            context.after(
                NEXT_WITHIN,
                Unforeseen.guarded(() -> context.shared().release(key, turn.getAsLong())));
      }
    }
  }

  /** Waits no longer. */
  void abort() {
    if (waiting) {
      attempt.decide(new Verdict.LookAgain(Duration.ZERO));
    }
  }
}
