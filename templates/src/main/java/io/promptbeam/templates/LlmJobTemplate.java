package io.promptbeam.templates;

import io.promptbeam.pipeline.CatalogWorkerFactory;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.pipeline.LlmJobOptions;
import io.promptbeam.pipeline.LlmJobPipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.jspecify.annotations.Nullable;

/** What a Dataflow launch runs. Returns once the job is submitted, as a template's main must. */
public final class LlmJobTemplate {
  private LlmJobTemplate() {}

  /** Launches with options such as {@code --jobsSubscription=... --bigtable=... --models=...}. */
  public static void main(String[] args) {
    LlmJobOptions options =
        PipelineOptionsFactory.fromArgs(args).withValidation().as(LlmJobOptions.class);
    options.setStreaming(true);
    LlmJobPipeline.build(options, workers(options)).run();
  }

  static CatalogWorkerFactory workers(LlmJobOptions options) {
    return new CatalogWorkerFactory(
        required("bigtable", options.getBigtable()),
        required("models", options.getModels()),
        JobEvents.of(options));
  }

  private static String required(String name, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("missing --" + name + "; see --help=LlmJobOptions");
    }
    return value;
  }
}
