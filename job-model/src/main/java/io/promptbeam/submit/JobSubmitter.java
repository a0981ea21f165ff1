package io.promptbeam.submit;

import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.JobStore.Creation;
import io.promptbeam.submit.SubmitOutcome.Accepted;
import io.promptbeam.submit.SubmitOutcome.IdempotencyConflict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes submissions durable, then wakes the pipeline. A job is accepted once the store has it:
 * whether publishing fails or takes too long changes nothing, its due entry leads the sweep to it.
 * Thread-safe, never blocks; futures fail with {@link
 * io.promptbeam.store.StoreUnavailableException} when the store cannot be reached.
 */
public final class JobSubmitter {
  public static final Duration DEFAULT_PUBLISH_WAIT = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(JobSubmitter.class);
  private static final SparseWarning UNSENT = new SparseWarning(log);
  private static final int JOBS_PER_CHUNK = 500;

  /** A message, its delivery and its bundle then cost a hundredth per job. */
  private static final int JOBS_PER_MESSAGE = 100;

  private final JobStore store;
  private final JobPublisher publisher;
  private final Duration publishWait;

  /**
   * @param publishWait how long an answer waits for the publisher at most
   */
  public JobSubmitter(JobStore store, JobPublisher publisher, Duration publishWait) {
    this.store = store;
    this.publisher = publisher;
    this.publishWait = publishWait;
  }

  public JobSubmitter(JobStore store, JobPublisher publisher) {
    this(store, publisher, DEFAULT_PUBLISH_WAIT);
  }

  public CompletableFuture<SubmitOutcome> submit(Submission submission) {
    return store
        .create(submission.spec(), submission.request())
        .thenCompose(
            creation -> {
              SubmitOutcome outcome = outcome(submission, creation, !creation.created());
              if (outcome instanceof IdempotencyConflict || !mayBeUnsent(creation)) {
                return CompletableFuture.completedFuture(outcome);
              }
              return dispatch(List.of(creation.job().spec())).thenApply(done -> outcome);
            });
  }

  /**
   * Submits many, in bulk and chunk by chunk, with outcomes in the order of {@code submissions}.
   * When the store fails on the way, the chunks before are stored and dispatched.
   */
  public CompletableFuture<List<SubmitOutcome>> submitAll(List<Submission> submissions) {
    CompletableFuture<List<SubmitOutcome>> all =
        CompletableFuture.completedFuture(new ArrayList<>(submissions.size()));
    for (int from = 0; from < submissions.size(); from += JOBS_PER_CHUNK) {
      List<Submission> chunk =
          submissions.subList(from, Math.min(submissions.size(), from + JOBS_PER_CHUNK));
      all =
          all.thenCompose(
              before ->
                  submitChunk(chunk)
                      .thenApply(
                          outcomes -> {
                            before.addAll(outcomes);
                            return before;
                          }));
    }
    return all;
  }

  private CompletableFuture<List<SubmitOutcome>> submitChunk(List<Submission> chunk) {
    // Two submissions of one chunk may share an idempotency key; the first is the one stored.
    Map<JobId, Submission> firsts = new LinkedHashMap<>();
    chunk.forEach(submission -> firsts.putIfAbsent(submission.spec().id(), submission));
    Map<JobSpec, LlmRequest> jobs = new LinkedHashMap<>();
    firsts.values().forEach(submission -> jobs.put(submission.spec(), submission.request()));
    return store
        .createAll(jobs)
        .thenCompose(
            creations -> {
              Map<JobId, Creation> byId = new HashMap<>();
              creations.forEach(creation -> byId.put(creation.job().spec().id(), creation));
              Set<JobId> answered = new HashSet<>();
              List<SubmitOutcome> outcomes = new ArrayList<>(chunk.size());
              for (Submission submission : chunk) {
                Creation creation = byId.get(submission.spec().id());
                if (creation == null) {
                  throw new IllegalStateException("the store answered without a job it was given");
                }
                boolean first = answered.add(submission.spec().id());
                outcomes.add(outcome(submission, creation, !(first && creation.created())));
              }
              List<JobSpec> created =
                  creations.stream()
                      .filter(JobSubmitter::mayBeUnsent)
                      .map(c -> c.job().spec())
                      .toList();
              return dispatch(created).thenApply(done -> outcomes);
            });
  }

  /**
   * A job nobody has touched may be one whose first submission died between storing and publishing;
   * publishing it again is harmless. What is not to start soon waits in the store, for the sweep.
   */
  private static boolean mayBeUnsent(Creation creation) {
    return creation.job().run().equals(JobRun.NEW)
        && !DueEntry.isFirstLookedAtWhenItMayStart(creation.job().spec());
  }

  private static SubmitOutcome outcome(Submission mine, Creation creation, boolean replayed) {
    JobSpec stored = creation.job().spec();
    return stored.requestHash().equals(mine.spec().requestHash())
        ? new Accepted(creation.job(), replayed)
        : new IdempotencyConflict(stored.id());
  }

  /** Never fails; true when all are known to be published before the wait is over. */
  private CompletableFuture<Boolean> dispatch(List<JobSpec> jobs) {
    List<CompletableFuture<Void>> sends = new ArrayList<>();
    for (int from = 0; from < jobs.size(); from += JOBS_PER_MESSAGE) {
      sends.add(publish(jobs.subList(from, Math.min(jobs.size(), from + JOBS_PER_MESSAGE))));
    }
    CompletableFuture<Void> sent = CompletableFuture.allOf(sends.toArray(CompletableFuture[]::new));
    if (!sent.isDone()) {
      // The limit is on the copy: a send that ends late is still a send.
      sent = sent.copy().orTimeout(publishWait.toMillis(), TimeUnit.MILLISECONDS);
    }
    return sent.handle(
        (done, failure) -> {
          if (failure != null) {
            UNSENT.warn(
                () ->
                    "queue unavailable, "
                        + jobs.size()
                        + " jobs are stored but not known to be published; the sweep finds them: "
                        + SparseWarning.reason(failure));
          }
          return failure == null;
        });
  }

  private CompletableFuture<Void> publish(List<JobSpec> jobs) {
    try {
      return jobs.size() == 1
          ? publisher.publish(JobReference.to(jobs.get(0)))
          : publisher.publishTogether(jobs.stream().map(JobReference::to).toList());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
