package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.WorkItem;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;

/** From messages on a subscription, and jobs that are due, to recorded answers. */
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

    PCollectionTuple swept = pipeline.apply("Sweep", new Sweep(options, workers));

    PCollection<KV<Integer, WorkItem>> expanded =
        PCollectionList.of(decoded.get(DecodeMessages.BATCHES))
            .and(swept.get(Sweep.BATCHES))
            .apply("Batches", Flatten.pCollections())
            .apply("ExpandBatches", new ExpandBatches(options.getShards(), workers));

    PCollection<JobOutcome> called =
        PCollectionList.of(decoded.get(DecodeMessages.JOBS))
            .and(expanded)
            .and(swept.get(Sweep.JOBS))
            .apply("Jobs", Flatten.pCollections())
            .apply("CallLlm", new CallLlm(workers));

    PCollectionList.of(called)
        .and(swept.get(Sweep.OUTCOMES))
        .apply("Outcomes", Flatten.pCollections())
        .apply("CountOutcomes", new CountOutcomes());
    return pipeline;
  }
}
