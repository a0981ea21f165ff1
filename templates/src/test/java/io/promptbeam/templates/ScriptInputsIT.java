package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the scripts refuse before they call gcloud, and how they say so. */
class ScriptInputsIT {
  private static final List<String> LAUNCH =
      List.of("./launch.sh run llm-jobs --project acme-llm --region europe-west1".split(" ", -1));
  private static final List<String> PLACES =
      List.of("--spec gs://acme-templates/llm-jobs.json --temp gs://acme-temp".split(" ", -1));

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @BeforeEach
  void needBash() {
    assumeTrue(
        Files.isExecutable(Path.of("/bin/bash")), "bash is absent: the scripts were not run");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "models=/tmp/models.yaml; models is '/tmp/models.yaml', which is not right. The models.yaml with",
        "models=; models is missing. Give models=VALUE: The models.yaml with",
        "jobsSubscription=jobs; jobsSubscription is 'jobs', which is not right. The subscription",
        "shards=none; shards is 'none', which is not right. Keys",
        "apiKey=sk-1; llm-jobs has no parameter 'apiKey'. It has: bigtable deadLetterTopic",
        "bigtable=bigtable://acme-llm/other; bigtable is given twice",
        "--project ACME; --project is 'ACME', which is not right. Give a project's id, such as",
        "--region europe; --region is 'europe', which is not right. Give a region, such as",
        "--spec llm-jobs.json; --spec is 'llm-jobs.json', which is not right. Give the file that",
        "--temp /tmp; --temp is '/tmp', which is not right. Give a folder",
        "--job-name Jobs; --job-name is 'Jobs', which is not right. Give small letters",
        "--service-account me@example.com; --service-account is 'me@example.com', which is not",
        "--subnetwork workers; --subnetwork is 'workers', which is not right. Give regions/REGION/",
        "--max-workers many; --max-workers is 'many', which is not right. Give a number of workers",
        "--num-workers 6; --num-workers is 6, more than --max-workers, 5. Give less",
        "--worker-threads 0; --worker-threads is '0', which is not right. Give a number of threads",
        "--mode at-most-once; --mode is 'at-most-once', which is not right. Give at-least-once or",
        "--map Old=New; --map says how an update finds its steps. Give --update too",
        "--experiment Bad; --experiment is 'Bad', which is not right. Give NAME",
        "--maxworkers 5; there is no option --maxworkers. See launch.sh --help",
        "--region; --region needs a value after it",
        "again; 'again' is one word too many: parameters are NAME=VALUE",
      })
  void launch_refusesAMalformedInput_namingFieldAndRemedy(String wrong, String message) {
    List<String> command = new ArrayList<>(LAUNCH);
    command.addAll(PLACES);
    boolean replaced = false;
    for (Map.Entry<String, String> parameter : Template.all().get(0).example().entrySet()) {
      String name = parameter.getKey() + "=";
      boolean replaces = wrong.startsWith(name) && !message.endsWith("given twice");
      replaced |= replaces;
      command.add(replaces ? wrong : name + parameter.getValue());
    }
    if (!replaced) {
      command.addAll(List.of(wrong.split(" ", -1)));
    }
    Program run = Program.run(folder, withoutGcloud(), command);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("launch.sh: " + message);
    assertThat(run.err().strip()).doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "llm-job --image a/b:1 --spec gs://acme/a.json; there is no template 'llm-job'. Give one of:",
        "llm-jobs --spec gs://acme/a.json; --image is missing. Give an image's place",
        "llm-jobs --image a b; 'b' is one word too many",
        "llm-jobs --image a/b:1 --spec gs://acme/a; --spec is 'gs://acme/a', which is not right.",
        "llm-jobs --image a/b:1 --spec gs://acme/a.json --builder me; --builder is 'me', which",
        "llm-jobs --image a/b:1 --spec gs://acme/a.json --launcher evil/x; --launcher is 'evil/x'",
      })
  void build_refusesAMalformedInput_namingFieldAndRemedy(String arguments, String message) {
    List<String> command = new ArrayList<>(List.of("./build.sh"));
    command.addAll(List.of(arguments.split(" ", -1)));
    Program run = Program.run(folder, withoutGcloud(), command);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("build.sh: " + message);
  }

  @ParameterizedTest
  @CsvSource({"base, java17-template-launcher-base:latest", "distroless, base-distroless:latest"})
  void build_showsEveryCommand_whenRunDry(String launcher, String image) {
    Program run =
        Program.run(
            folder,
            withoutGcloud(),
            List.of(
                ("./build.sh llm-jobs --image eu.gcr.io/acme/llm-jobs:1 --spec gs://acme/a.json"
                        + " --dry-run --launcher "
                        + launcher)
                    .split(" ", -1)));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err().lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("+ mvn ").contains("-pl templates -am"),
            line ->
                assertThat(line)
                    .startsWith("+ docker build ")
                    .contains(image, "MAIN_CLASS=io.promptbeam.templates.LlmJobTemplate"),
            line -> assertThat(line).isEqualTo("+ docker push eu.gcr.io/acme/llm-jobs:1"),
            line -> assertThat(line).startsWith("+ gcloud dataflow flex-template build gs://acme"));
  }

  @Test
  void help_namesTheTemplates() {
    for (String script : List.of("./build.sh", "./launch.sh")) {
      Program run = Program.run(folder, withoutGcloud(), List.of(script, "--help"));
      assertThat(run.status()).isZero();
      assertThat(run.out()).contains(Template.all().stream().map(Template::title).toList());
    }
  }

  /** A gcloud that fails loudly: nothing here may get that far. */
  private Map<String, String> withoutGcloud() {
    try {
      Path gcloud = folder.resolve("gcloud");
      Files.writeString(gcloud, "#!/bin/sh\necho gcloud was called; exit 99\n");
      assertThat(gcloud.toFile().setExecutable(true)).isTrue();
      return Map.of("PATH", folder + ":" + System.getenv("PATH"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
