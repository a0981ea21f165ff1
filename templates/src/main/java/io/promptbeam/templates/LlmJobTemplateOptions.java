package io.promptbeam.templates;

import io.promptbeam.pipeline.LlmJobOptions;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** {@link LlmJobOptions} as someone meets them who launches the template and never sees code. */
public interface LlmJobTemplateOptions extends LlmJobOptions {
  @Override
  @Description(
      "The subscription that the query API's topic of job messages feeds, as"
          + " projects/PROJECT/subscriptions/NAME, for example"
          + " projects/acme-llm/subscriptions/promptbeam-jobs-pipeline. Two pipelines may read it side"
          + " by side, as while one replaces the other.")
  @Accepts(ValueForm.PUBSUB_SUBSCRIPTION)
  @Validation.Required
  String getJobsSubscription();

  @Override
  @Description(
      "The topic for messages that cannot be read, as projects/PROJECT/topics/NAME, for example"
          + " projects/acme-llm/topics/promptbeam-dead-letters. `promptbeam dead-letter` lists and"
          + " replays them.")
  @Accepts(ValueForm.PUBSUB_TOPIC)
  @Validation.Required
  String getDeadLetterTopic();

  @Override
  @Description(
      "The topic that gets an event of every job and batch that ends, as"
          + " projects/PROJECT/topics/NAME. Left empty, none are published.")
  @Accepts(ValueForm.PUBSUB_TOPIC)
  @Nullable String getJobEventsTopic();

  @Override
  @Description(
      "The Bigtable instance with Promptbeam's tables, as bigtable://PROJECT/INSTANCE, with"
          + " ?app_profile=ID where the instance has more than one cluster: the profile must route"
          + " to a single one. For example bigtable://acme-llm/promptbeam.")
  @Accepts(ValueForm.BIGTABLE_INSTANCE)
  @Validation.Required
  String getBigtable();

  @Override
  @Description(
      "The models.yaml with models, limits and owners, as gs://BUCKET/PATH, for example"
          + " gs://acme-llm-config/models.yaml: the same file that the query API reads. Workers"
          + " follow its changes. API keys are in it by reference only.")
  @Accepts(ValueForm.GCS_READ_FILE)
  @Validation.Required
  String getModels();
}
