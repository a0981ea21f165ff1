package io.promptbeam.store;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobState;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Which of an owner's jobs to list; what is empty does not filter.
 *
 * @param text somewhere in a value of the metadata, the custom id or the question id, in upper or
 *     lower case; kept in lower case, so that filters that mean the same are equal
 */
public record JobFilter(
    Optional<JobState> state,
    Optional<String> jobType,
    Optional<String> modelId,
    Optional<String> questionId,
    Optional<String> batchId,
    Optional<Instant> createdAfter,
    Optional<Instant> createdBefore,
    Optional<String> text) {
  public static final JobFilter ALL =
      new JobFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  public JobFilter {
    text = text.map(JobFilter::lowerCase);
  }

  /** One that does not look for a text. */
  public JobFilter(
      Optional<JobState> state,
      Optional<String> jobType,
      Optional<String> modelId,
      Optional<String> questionId,
      Optional<String> batchId,
      Optional<Instant> createdAfter,
      Optional<Instant> createdBefore) {
    this(
        state,
        jobType,
        modelId,
        questionId,
        batchId,
        createdAfter,
        createdBefore,
        Optional.empty());
  }

  /** Bounds in time are exclusive. */
  public boolean matches(Job job) {
    var spec = job.spec();
    return state.map(s -> s == job.run().state()).orElse(true)
        && jobType.map(t -> t.equals(spec.labels().jobType())).orElse(true)
        && modelId.map(m -> m.equals(spec.modelId())).orElse(true)
        && (questionId.isEmpty() || questionId.equals(spec.labels().questionId()))
        && (batchId.isEmpty() || batchId.equals(spec.labels().batchId()))
        && createdAfter.map(t -> spec.createdAt().isAfter(t)).orElse(true)
        && createdBefore.map(t -> spec.createdAt().isBefore(t)).orElse(true)
        && text.map(t -> isIn(spec.labels(), t)).orElse(true);
  }

  private static boolean isIn(JobLabels labels, String text) {
    return labels.customId().filter(id -> lowerCase(id).contains(text)).isPresent()
        || labels.questionId().filter(id -> lowerCase(id).contains(text)).isPresent()
        || labels.metadata().values().stream().anyMatch(value -> lowerCase(value).contains(text));
  }

  private static String lowerCase(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
