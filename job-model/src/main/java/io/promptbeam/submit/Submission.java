package io.promptbeam.submit;

import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import java.util.Optional;

/** A job that passed every check and is not stored yet. */
public record Submission(JobSpec spec, LlmRequest request) {
  /** The same job as the line {@code customId} of {@code batchId}. */
  public Submission asLineOf(String batchId, String customId) {
    JobLabels labels = spec.labels();
    JobLabels named =
        new JobLabels(
            labels.jobType(),
            labels.questionId(),
            Optional.of(batchId),
            Optional.of(customId),
            labels.metadata());
    return new Submission(
        new JobSpec(
            spec.id(),
            spec.owner(),
            spec.modelId(),
            named,
            spec.limits(),
            spec.createdAt(),
            spec.requestHash()),
        request);
  }
}
