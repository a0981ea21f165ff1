package io.promptbeam.templates;

import io.promptbeam.pipeline.CatalogWorkerFactory;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.pipeline.LlmJobPipeline;
import io.promptbeam.pipeline.TraceExport;
import io.promptbeam.store.BigtableTarget;

/** What a Dataflow launch runs. Returns once the job is submitted, as a template's main must. */
public final class LlmJobTemplate {
  private LlmJobTemplate() {}

  /** Launches with options such as {@code --jobsSubscription=... --bigtable=... --models=...}. */
  public static void main(String[] args) {
    TemplateLauncher.main(args, LlmJobTemplateOptions.class, LlmJobTemplate::run);
  }

  static void run(LlmJobTemplateOptions options) {
    // Workers parse it too; a job that no worker can run should not be launched.
    BigtableTarget.parse(options.getBigtable());
    options.setStreaming(true);
    CatalogWorkerFactory workers =
        new CatalogWorkerFactory(
            options.getBigtable(),
            options.getModels(),
            JobEvents.of(options),
            TraceExport.of(options));
    LlmJobPipeline.build(options, workers).run();
  }
}
