package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.List;

/**
 * What the pipeline carries and queues as one: a single job, or jobs of one owner and model whose
 * rows lie together. State, timers and reads then cost per item, not per job.
 */
public sealed interface WorkItem permits SingleJob, SegmentItem {
  /** Unique among the items of all shards. */
  String key();

  Owner owner();

  String modelId();

  Priority priority();

  /** Tokens one of its calls is expected to use. */
  long tokensPerCall();

  /** The output's part of it. */
  long outputTokensPerCall();

  /** Tokens a call of {@code job}, one of its jobs, is expected to use. */
  default long tokensOf(JobId job) {
    return tokensPerCall();
  }

  /** The output's part of it. */
  default long outputTokensOf(JobId job) {
    return outputTokensPerCall();
  }

  /** Its jobs, in the order they are to be called; each made when it is asked for. */
  List<JobId> jobs();
}
