package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.JobOutcome;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;

/** From messages on a subscription to recorded answers. */
public final class LlmJobPipeline {
  private LlmJobPipeline() {}

  /**
   * Builds the pipeline, not started.
   *
   * @param workers opens store, clients and engine where the pipeline runs
   */
  public static Pipeline build(LlmJobOptions options, Worker.Factory workers) {
    Pipeline pipeline = Pipeline.create(options);

    PCollectionTuple decoded =
        pipeline
            .apply("ReadMessages", new ReadMessages(options))
            .apply("DecodeMessages", new DecodeMessages(options.getShards(), workers));

    decoded.get(DecodeMessages.REJECTS).apply("DeadLetter", new WriteDeadLetters(options));

    PCollection<JobOutcome> outcomes =
        decoded.get(DecodeMessages.JOBS).apply("CallLlm", new CallLlm(workers));

    outcomes.apply("CountOutcomes", new CountOutcomes());
    return pipeline;
  }
}
