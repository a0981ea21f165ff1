package io.promptbeam.flink;

import io.promptbeam.pipeline.LlmJobOptions;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.jspecify.annotations.Nullable;

/** The options of the pipeline, of Beam's Flink runner, and of what is between them. */
public interface FlinkLlmJobOptions extends LlmJobOptions, FlinkPipelineOptions {
  @Description(
      "Directory for checkpoints, a path or a URI such as file:///mnt/checkpoints. On a cluster, all"
          + " its machines must see it; absent there: what the cluster's configuration says.")
  @Nullable String getCheckpoints();

  void setCheckpoints(@Nullable String directory);

  @Description(
      "Whether to send this program's libraries to the cluster with the job. Not needed for one"
          + " that flink/cluster.sh started, which has them.")
  @Default.Boolean(true)
  boolean getSendLibraries();

  void setSendLibraries(boolean send);
}
