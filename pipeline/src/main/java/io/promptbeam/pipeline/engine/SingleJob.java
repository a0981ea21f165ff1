package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import java.util.List;

/** One job as a work item. */
public record SingleJob(JobReference reference) implements WorkItem {
  @Override
  public String key() {
    return reference.jobId().toString();
  }

  @Override
  public Owner owner() {
    return reference.owner();
  }

  @Override
  public String modelId() {
    return reference.modelId();
  }

  @Override
  public Priority priority() {
    return reference.priority();
  }

  @Override
  public long tokensPerCall() {
    return reference.tokenEstimate();
  }

  @Override
  public long outputTokensPerCall() {
    return reference.outputTokenEstimate();
  }

  @Override
  public List<JobId> jobs() {
    return List.of(reference.jobId());
  }
}
