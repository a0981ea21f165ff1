package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.dataflow.v1beta3.ContainerSpec;
import com.google.protobuf.util.JsonFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the scripts have the real gcloud send to Google. */
class GcloudIT {
  private static final String CANARY = "sk-canary-91b3c44d0a";

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @BeforeEach
  void needGcloud() {
    assumeTrue(
        onPath("gcloud"), "gcloud is absent: the scripts were not run against a fake of Google");
    assumeTrue(onPath("bash"), "bash is absent: the scripts were not run");
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void launch_sendsParametersAndSafeDefaults_andNoSecret(Template template) throws Exception {
    try (FakeGoogle google = new FakeGoogle()) {
      Program run = script(google, launch(template));
      assertThat(run.status()).as(run.err()).isZero();
      assertThat(run.err()).startsWith("+ gcloud dataflow flex-template run " + template.id());

      FakeGoogle.Sent sent = google.sent().get(0);
      assertThat(sent.method() + " " + sent.uri().getPath())
          .isEqualTo("POST /v1b3/projects/acme-llm/locations/europe-west1/flexTemplates:launch");
      JsonNode launch = sent.json().path("launchParameter");
      assertThat(launch.path("jobName").asText()).isEqualTo(template.id());
      assertThat(launch.path("parameters").toString())
          .isEqualTo(Json.sorted(template.example()).toString());
      JsonNode environment = launch.path("environment");
      assertThat(environment.path("numWorkers").asInt()).isEqualTo(1);
      assertThat(environment.path("maxWorkers").asInt()).isEqualTo(5);
      if (template.mode() == Template.Mode.STREAMING) {
        assertThat(environment.path("enableStreamingEngine").asBoolean()).isTrue();
        assertThat(environment.path("additionalExperiments").toString())
            .isEqualTo("[\"streaming_mode_at_least_once\"]");
        assertThat(environment.path("additionalPipelineOptions").toString())
            .isEqualTo("[\"numberOfWorkerHarnessThreads=16\"]");
      } else {
        assertThat(environment.path("enableStreamingEngine").asBoolean()).isFalse();
      }
      assertThat(sent.body() + sent.uri() + run.err() + run.out()).doesNotContain(CANARY);
    }
  }

  @Test
  void launch_sendsEveryOption_whenAnUpdateSaysThemAll() throws Exception {
    try (FakeGoogle google = new FakeGoogle()) {
      List<String> command = launch(Template.all().get(0));
      command.addAll(
          List.of("--job-name", "jobs-eu", "--mode", "exactly-once", "--worker-threads", "8"));
      command.addAll(List.of("--num-workers", "2", "--max-workers", "9", "--no-public-ips"));
      command.addAll(List.of("--machine-type", "n2d-standard-4", "--update"));
      command.addAll(List.of("--subnetwork", "regions/europe-west1/subnetworks/workers"));
      command.addAll(List.of("--service-account", "pipeline@acme-llm.iam.gserviceaccount.com"));
      command.addAll(List.of("--experiment", "use_runner_v2", "--experiment", "min_cores=2"));
      command.addAll(List.of("--map", "CallLlm/Call=AskLlm/Ask", "--map", "Jobs=Items"));
      Program run = script(google, command);
      assertThat(run.status()).as(run.err()).isZero();

      JsonNode launch = google.sent().get(0).json().path("launchParameter");
      assertThat(launch.path("jobName").asText()).isEqualTo("jobs-eu");
      assertThat(launch.path("update").asBoolean()).isTrue();
      assertThat(launch.path("transformNameMappings"))
          .isEqualTo(Json.sorted(Map.of("CallLlm/Call", "AskLlm/Ask", "Jobs", "Items")));
      assertThat(launch.path("environment").toString())
          .isEqualTo(
              "{\"additionalExperiments\":[\"use_runner_v2\",\"min_cores=2\"],"
                  + "\"additionalPipelineOptions\":[\"numberOfWorkerHarnessThreads=8\"],"
                  + "\"enableStreamingEngine\":true,"
                  + "\"ipConfiguration\":\"WORKER_IP_PRIVATE\","
                  + "\"machineType\":\"n2d-standard-4\",\"maxWorkers\":9,\"numWorkers\":2,"
                  + "\"serviceAccountEmail\":\"pipeline@acme-llm.iam.gserviceaccount.com\","
                  + "\"stagingLocation\":\"gs://acme-temp/flex/staging\","
                  + "\"subnetwork\":\"regions/europe-west1/subnetworks/workers\","
                  + "\"tempLocation\":\"gs://acme-temp/flex\"}");
    }
  }

  @Test
  void drain_asksForTheJobsDrain() throws Exception {
    try (FakeGoogle google = new FakeGoogle()) {
      Program run =
          script(
              google,
              List.of("./launch.sh", "drain", "2026-11-23_01", "--project", "acme-llm"),
              "--region",
              "europe-west1");
      assertThat(run.status()).as(run.err()).isZero();
      FakeGoogle.Sent sent = google.sent().get(0);
      assertThat(sent.method() + " " + sent.uri().getPath())
          .isEqualTo("PUT /v1b3/projects/acme-llm/locations/europe-west1/jobs/2026-11-23_01");
      assertThat(sent.json().path("requestedState").asText()).isEqualTo("JOB_STATE_DRAINED");
    }
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void build_storesASpecThatLaunchesCanRead(Template template) throws Exception {
    try (FakeGoogle google = new FakeGoogle()) {
      String image = "europe-west1-docker.pkg.dev/acme-llm/promptbeam/" + template.id() + ":1";
      Program run =
          script(
              google,
              List.of("./build.sh", template.id(), "--image", image, "--builder", "none"),
              "--spec",
              "gs://acme-templates/flex/" + template.id() + ".json");
      assertThat(run.status()).as(run.err()).isZero();
      FakeGoogle.Sent sent = google.sent().get(0);
      assertThat(sent.uri().toString())
          .contains("/b/acme-templates/o", "name=flex%2F" + template.id() + ".json");

      JsonNode spec = sent.file();
      ContainerSpec.Builder read = ContainerSpec.newBuilder();
      JsonFormat.parser().merge(spec.toString(), read);
      assertThat(read.getImage()).isEqualTo(image);
      assertThat(read.getMetadata().getParametersList())
          .isEqualTo(Parameters.of(template.options()));
      assertThat(read.getDefaultEnvironment().getEnableStreamingEngine())
          .isEqualTo(template.mode() == Template.Mode.STREAMING);
      assertThat(sent.body()).doesNotContain(CANARY);
    }
  }

  private static List<String> launch(Template template) {
    List<String> command = new ArrayList<>(List.of("./launch.sh", "run", template.id()));
    command.addAll(List.of("--project", "acme-llm", "--region", "europe-west1"));
    command.addAll(List.of("--spec", "gs://acme-templates/flex/" + template.id() + ".json"));
    command.addAll(List.of("--temp", "gs://acme-temp/flex"));
    template.example().forEach((name, value) -> command.add(name + "=" + value));
    return command;
  }

  private Program script(FakeGoogle google, List<String> command, String... more) {
    Map<String, String> environment =
        new HashMap<>(google.environment(folder.resolve("gcloud-configuration")));
    environment.put("OPENAI_API_KEY", CANARY);
    List<String> whole = new ArrayList<>(command);
    whole.addAll(List.of(more));
    return Program.run(folder, environment, whole);
  }

  private static boolean onPath(String program) {
    for (String place : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }

  /** Objects as gcloud writes them. */
  private static final class Json {
    static JsonNode sorted(Map<String, String> fields) {
      return new ObjectMapper().valueToTree(new TreeMap<>(fields));
    }
  }
}
