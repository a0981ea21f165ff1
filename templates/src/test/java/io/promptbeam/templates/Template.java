package io.promptbeam.templates;

import io.promptbeam.templates.export.ExportResultsOptions;
import io.promptbeam.templates.export.ExportResultsTemplate;
import io.promptbeam.templates.submit.SubmitFileOptions;
import io.promptbeam.templates.submit.SubmitFileTemplate;
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
                "models", "gs://acme-llm-config/models.yaml")),
        new Template(
            "submit-file",
            "Promptbeam: a batch of jobs from files or BigQuery",
            "Makes a prompt of every row of JSONL, CSV or Avro files, or of a BigQuery table or"
                + " query, and submits them as one batch. A dry run tells count, tokens and cost.",
            SubmitFileTemplate.class,
            SubmitFileOptions.class,
            args ->
                TemplateLauncher.launch(args, SubmitFileOptions.class, SubmitFileTemplate::launch),
            Mode.BATCH,
            Map.of(
                "input", "gs://acme-llm-input/reviews/*.csv",
                "promptTemplate", "Classify this review, in one word: {text}",
                "model", "gpt-5-mini",
                "owner", "team-a",
                "bigtable", "bigtable://acme-llm/promptbeam",
                "models", "gs://acme-llm-config/models.yaml",
                "jobsTopic", "projects/acme-llm/topics/promptbeam-jobs",
                "rejectsOutput", "gs://acme-llm-input/rejects.jsonl")),
        new Template(
            "export-results",
            "Promptbeam: results to files or BigQuery",
            "Writes the results of a batch, or of all jobs submitted in a time, as JSONL, Avro or"
                + " Parquet files or to a BigQuery table.",
            ExportResultsTemplate.class,
            ExportResultsOptions.class,
            args ->
                TemplateLauncher.launch(
                    args, ExportResultsOptions.class, ExportResultsTemplate::run),
            Mode.BATCH,
            Map.of(
                "bigtable", "bigtable://acme-llm/promptbeam",
                "batchId", "batch_0123456789abcdef01234567",
                "output", "gs://acme-llm-results/reviews/results",
                "outputFormat", "parquet")));
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
