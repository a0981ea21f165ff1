package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.api.services.dataflow.model.DataflowPackage;
import io.promptbeam.pipeline.LlmJobOptions;
import io.promptbeam.pipeline.LlmJobPipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.runners.dataflow.util.PackageUtil;
import org.apache.beam.runners.dataflow.util.Stager;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job that a launch would send to Dataflow, made without a cloud. */
class DataflowGraphTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void pipeline_becomesAStreamingDataflowJob_withReadableStepNames() throws Exception {
    JsonNode job = translate();
    assertThat(job.path("type").asText()).isEqualTo("JOB_TYPE_STREAMING");
    List<String> names = new ArrayList<>();
    job.path("steps")
        .forEach(
            step -> names.add(step.path("properties").path("user_name").path("value").asText()));
    assertThat(names)
        .anyMatch(name -> name.startsWith("ReadMessages/"))
        .anyMatch(name -> name.startsWith("DecodeMessages/"))
        .anyMatch(name -> name.startsWith("ExpandBatches/"))
        .anyMatch(name -> name.startsWith("CallLlm/"))
        .anyMatch(name -> name.startsWith("DeadLetter/"))
        .anyMatch(name -> name.startsWith("CountOutcomes/"));
  }

  @Test
  void job_carriesTheCatalogsPlace_andNoSecret() throws Exception {
    String job = translate().toString();
    assertThat(job).contains("gs://my-bucket/models.yaml").doesNotContain("sk-");
  }

  private JsonNode translate() throws Exception {
    Path file = Files.writeString(folder.resolve("staged.txt"), "nothing");
    Path output = folder.resolve("job.json");
    LlmJobOptions options =
        PipelineOptionsFactory.fromArgs(
                "--runner=DataflowRunner",
                "--project=demo-project",
                "--region=us-central1",
                "--streaming=true",
                "--enableStreamingEngine=true",
                "--gcpTempLocation=gs://my-bucket/tmp",
                "--stagingLocation=gs://my-bucket/staging/",
                "--pathValidatorClass="
                    + "org.apache.beam.sdk.extensions.gcp.storage.NoopPathValidator",
                "--credentialFactoryClass="
                    + "org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory",
                "--stagerClass=" + NoStager.class.getName(),
                "--filesToStage=" + file,
                "--templateLocation=" + output,
                "--jobsSubscription=projects/demo-project/subscriptions/promptbeam-jobs-pipeline",
                "--deadLetterTopic=projects/demo-project/topics/promptbeam-dead-letters",
                "--jobEventsTopic=projects/demo-project/topics/job-events",
                "--bigtable=bigtable://demo-project/promptbeam",
                "--models=gs://my-bucket/models.yaml")
            .withValidation()
            .as(LlmJobOptions.class);
    LlmJobPipeline.build(options, LlmJobTemplate.workers(options)).run();
    return new ObjectMapper().readTree(output.toFile());
  }

  /** Stages nothing: there is no bucket. */
  public static final class NoStager implements Stager {
    /** Called by reflection. */
    public static NoStager fromOptions(PipelineOptions options) {
      return new NoStager();
    }

    @Override
    public List<DataflowPackage> stageFiles(List<PackageUtil.StagedFile> files) {
      return List.of();
    }

    @Override
    public DataflowPackage stageToFile(byte[] bytes, String baseName) {
      return new DataflowPackage().setName(baseName).setLocation("gs://my-bucket/staging/x");
    }
  }
}
