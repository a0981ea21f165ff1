package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;

/**
 * That a job ended, said once by the worker that recorded it.
 *
 * @param errorCode empty when it completed
 * @param latencyMillis from submission to the end
 */
public record JobOutcome(
    JobId jobId,
    Owner owner,
    String modelId,
    JobState state,
    int attempts,
    Usage usage,
    BigDecimal costUsd,
    String errorCode,
    long latencyMillis) {
  /** Of a job that has ended. */
  public static JobOutcome of(Job job) {
    var ending = job.run().ending().orElseThrow();
    return new JobOutcome(
        job.spec().id(),
        job.spec().owner(),
        job.spec().modelId(),
        job.run().state(),
        job.run().attempt(),
        ending.usage().orElse(Usage.NONE),
        ending.costUsd().orElse(BigDecimal.ZERO),
        ending.error().map(error -> error.code()).orElse(""),
        ending.at().toEpochMilli() - job.spec().createdAt().toEpochMilli());
  }
}
