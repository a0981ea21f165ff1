package io.promptbeam.job;

import java.util.Map;
import java.util.Optional;

/** What the caller calls the job by; the service only filters on it and hands it back. */
public record JobLabels(
    String jobType,
    Optional<String> questionId,
    Optional<String> batchId,
    Optional<String> customId,
    Map<String, String> metadata) {
  public static final String GENERIC = "generic";
  public static final String TRAINER_QUESTION_ANALYSIS = "trainer_question_analysis";

  public JobLabels {
    metadata = Map.copyOf(metadata);
  }

  public static JobLabels ofType(String jobType) {
    return new JobLabels(jobType, Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
  }
}
