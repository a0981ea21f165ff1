package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.List;

/**
 * What the pipeline carries and queues as one: a single job, or jobs of one owner and model whose
 * rows lie together. State, timers and reads then cost per item, not per job.
 */
public sealed interface WorkItem permits SingleJob {
  /** Unique among the items of all shards. */
  String key();

  Owner owner();

  String modelId();

  Priority priority();

  /** Tokens one of its calls is expected to use. */
  long tokensPerCall();

  /** The output's part of it. */
  long outputTokensPerCall();

  /** Its jobs, in the order they are to be called. */
  List<JobId> jobs();
}
