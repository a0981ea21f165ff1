package io.promptbeam.templates;

import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * A template that is published.
 *
 * @param id names it in files and on command lines
 * @param title what the console lists
 * @param description what it is for, in a sentence or two
 * @param main the class a launch starts
 * @param options the interface whose getters are its parameters
 * @param launcher launches in this process, as main does, and throws where main ends the process
 * @param mode whether it streams
 * @param example parameters of a launch that makes sense
 */
record Template(
    String id,
    String title,
    String description,
    Class<?> main,
    Class<? extends PipelineOptions> options,
    Launcher launcher,
    Mode mode,
    Map<String, String> example) {

  /** All of them: a new one is added here, and its files by the command that failing tests name. */
  static List<Template> all() {
    return List.of(
        new Template(
            "llm-jobs",
            "Promptbeam: call LLMs for queued jobs",
            "Calls LLMs for the jobs and batches that Promptbeam's query API accepts, within each"
                + " model's rate limits, and records every answer in Bigtable. Runs for ever.",
            LlmJobTemplate.class,
            LlmJobTemplateOptions.class,
            args -> TemplateLauncher.launch(args, LlmJobTemplateOptions.class, LlmJobTemplate::run),
            Mode.STREAMING,
            Map.of(
                "jobsSubscription", "projects/acme-llm/subscriptions/promptbeam-jobs-pipeline",
                "deadLetterTopic", "projects/acme-llm/topics/promptbeam-dead-letters",
                "jobEventsTopic", "projects/acme-llm/topics/job-events",
                "bigtable", "bigtable://acme-llm/promptbeam?app_profile=single-cluster",
                "models", "gs://acme-llm-config/models.yaml")));
  }

  enum Mode {
    /** Each element may come twice: what decides is in Bigtable, so both modes are right. */
    STREAMING,
    BATCH
  }

  interface Launcher {
    void launch(String[] args);
  }

  @Override
  public String toString() {
    return id;
  }
}
