package io.promptbeam.submit;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Makes a new submission of a job that ended without an answer, since a terminal state never
 * changes. The new job's id follows from the old one's: submitting the outcome twice makes one job.
 * Pure, thread-safe.
 */
public final class Resubmissions {
  private static final Set<JobState> WITHOUT_ANSWER =
      EnumSet.of(JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED);

  private final Supplier<ModelCatalog> models;

  /** With models that do not change. */
  public Resubmissions(ModelCatalog models) {
    this(() -> models);
  }

  /**
   * @param models asked for each job, since it may change
   */
  public Resubmissions(Supplier<ModelCatalog> models) {
    this.models = models;
  }

  /** What may become of a job that is to be repeated. */
  public sealed interface Outcome {
    /** To be submitted. */
    record Ready(Submission submission) implements Outcome {}

    /** It has completed, or has not ended yet. */
    record NotFailed(JobState state) implements Outcome {}

    /** Its request is gone. */
    record Erased() implements Outcome {}

    /** Its model is not configured any more. */
    record ModelGone(String modelId) implements Outcome {}
  }

  /**
   * The same request, model, labels and limits once more, at once, with as much time until the
   * deadline as the first had.
   *
   * @param ended read with its request
   * @param now becomes {@code created_at}, cut to milliseconds
   */
  public Outcome of(Job ended, Instant now) {
    JobSpec old = ended.spec();
    if (ended.run().erased()) {
      return new Outcome.Erased();
    }
    if (!WITHOUT_ANSWER.contains(ended.run().state())) {
      return new Outcome.NotFailed(ended.run().state());
    }
    Optional<LlmRequest> request = ended.request();
    if (request.isEmpty()) {
      return new Outcome.Erased();
    }
    if (models.get().find(old.modelId()).isEmpty()) {
      return new Outcome.ModelGone(old.modelId());
    }
    Instant createdAt = now.truncatedTo(ChronoUnit.MILLIS);
    JobLimits limits = old.limits();
    Duration timeAllowed =
        Duration.between(limits.notBefore().orElse(old.createdAt()), limits.deadline());
    JobSpec spec =
        new JobSpec(
            JobId.forRetryOf(old.owner(), old.id()),
            old.owner(),
            old.modelId(),
            old.labels(),
            new JobLimits(
                limits.priority(),
                limits.tokenEstimate(),
                limits.outputTokenEstimate(),
                createdAt.plus(timeAllowed),
                limits.maxAttempts(),
                Optional.empty()),
            createdAt,
            Optional.empty(),
            Optional.of(old.id()),
            old.options());
    return new Outcome.Ready(new Submission(spec, request.get()));
  }
}
