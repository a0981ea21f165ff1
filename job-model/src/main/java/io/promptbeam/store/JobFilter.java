package io.promptbeam.store;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import java.time.Instant;
import java.util.Optional;

/** Which of an owner's jobs to list; what is empty does not filter. */
public record JobFilter(
    Optional<JobState> state,
    Optional<String> jobType,
    Optional<String> modelId,
    Optional<String> questionId,
    Optional<String> batchId,
    Optional<Instant> createdAfter,
    Optional<Instant> createdBefore) {
  public static final JobFilter ALL =
      new JobFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** Bounds in time are exclusive. */
  public boolean matches(Job job) {
    var spec = job.spec();
    return state.map(s -> s == job.run().state()).orElse(true)
        && jobType.map(t -> t.equals(spec.labels().jobType())).orElse(true)
        && modelId.map(m -> m.equals(spec.modelId())).orElse(true)
        && (questionId.isEmpty() || questionId.equals(spec.labels().questionId()))
        && (batchId.isEmpty() || batchId.equals(spec.labels().batchId()))
        && createdAfter.map(t -> spec.createdAt().isAfter(t)).orElse(true)
        && createdBefore.map(t -> spec.createdAt().isBefore(t)).orElse(true);
  }
}
