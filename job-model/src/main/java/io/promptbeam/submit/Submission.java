package io.promptbeam.submit;

import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import java.util.Optional;

/** A job that passed every check and is not stored yet. */
public record Submission(JobSpec spec, LlmRequest request) {
  /** The same, traced as what {@code context} names asked for. */
  public Submission tracedUnder(Optional<String> context) {
    return context.isEmpty() ? this : new Submission(spec.withTraceparent(context), request);
  }
}
