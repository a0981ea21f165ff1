package io.promptbeam.pipeline;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Hidden;
import org.apache.beam.sdk.options.StreamingOptions;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** Options of {@link LlmJobPipeline}. Launchers embed them verbatim: none may be a secret. */
public interface LlmJobOptions extends StreamingOptions {
  @Description("Subscription with job messages: projects/PROJECT/subscriptions/NAME")
  @Validation.Required
  String getJobsSubscription();

  void setJobsSubscription(String path);

  @Description("Topic for messages that are not jobs: projects/PROJECT/topics/NAME")
  @Validation.Required
  String getDeadLetterTopic();

  void setDeadLetterTopic(String path);

  @Description(
      "Topic for an event of every job and batch that ends: projects/PROJECT/topics/NAME. Absent:"
          + " none are published.")
  @Nullable String getJobEventsTopic();

  void setJobEventsTopic(@Nullable String path);

  @Description(
      "Keys of the calls' state: few on one machine, several per worker on many, so that each gets"
          + " some.")
  @Default.Integer(32)
  int getShards();

  void setShards(int shards);

  @Description("Seconds between two looks at the jobs that are due.")
  @Default.Integer(10)
  int getSweepSeconds();

  void setSweepSeconds(int seconds);

  @Description(
      "true to begin with a look at every job that has not ended. For runners that forget what they"
          + " were handed when they end, and after a job of this pipeline was cancelled: what it"
          + " held runs at once then, and else within ten minutes.")
  @Default.Boolean(false)
  boolean getSweepEverythingAtStart();

  void setSweepEverythingAtStart(boolean everything);

  @Description("bigtable://PROJECT/INSTANCE[?app_profile=ID], whose profile routes to one cluster")
  @Nullable String getBigtable();

  void setBigtable(@Nullable String target);

  @Description("Where models.yaml is: gs://BUCKET/PATH or a local path")
  @Nullable String getModels();

  void setModels(@Nullable String location);

  @Description(
      "OTLP endpoint over HTTP that gets traces of the calls, for example http://collector:4318."
          + " Absent: what the OTEL_ variables of the workers say, and without them none are sent.")
  @Nullable String getTracesEndpoint();

  void setTracesEndpoint(@Nullable String url);

  @Description(
      "Where the headers for that endpoint are, as NAME=VALUE,...: env:NAME, file:PATH or"
          + " sm://PROJECT/SECRET; never the headers themselves.")
  @Nullable String getTracesHeaders();

  void setTracesHeaders(@Nullable String reference);

  @Description(
      "From 0 to 1: how many of the jobs are traced that no traced request submitted, such as those"
          + " of batches.")
  @Default.Double(1)
  double getTracesRatio();

  void setTracesRatio(double ratio);

  @Description(
      "host:port of a Pub/Sub emulator, spoken to in plain text. Absent: Google's service.")
  @Hidden
  @Nullable String getPubsubEmulator();

  void setPubsubEmulator(@Nullable String hostPort);
}
