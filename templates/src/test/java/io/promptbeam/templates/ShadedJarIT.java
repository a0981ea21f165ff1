package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The jar of the images, started as Google's launcher starts it, without a cloud. */
class ShadedJarIT {
  private static final String CANARY = "sk-canary-7d1f0c55e2";

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void jar_writesTheJobOfTheGoldenFile_andNoSecret(Template template) throws Exception {
    Map<String, String> parameters = new HashMap<>(template.example());
    parameters.computeIfPresent("models", (name, place) -> modelsWithSecrets().toString());
    String streamingEngine =
        "--enableStreamingEngine=" + (template.mode() == Template.Mode.STREAMING);
    Program launch = launch(template, DataflowGraph.launch(folder, parameters, streamingEngine));
    assertThat(launch.status()).as(launch.err()).isZero();

    DataflowGraph graph = DataflowGraph.written(folder);
    assertThat(String.join("\n", graph.stepNames()) + "\n")
        .isEqualTo(Files.readString(Path.of("src/test/resources/golden", template.id() + ".txt")));
    assertThat(graph.text() + graph.functions())
        .contains(parameters.values())
        .doesNotContain(CANARY);
    if (template.mode() == Template.Mode.STREAMING) {
      // Its workers know the catalog by what is packed there; that of the others is an option.
      assertThat(graph.functions()).contains(parameters.get("models"));
    }
    assertThat(launch.out() + launch.err()).doesNotContain(CANARY);
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void jar_saysInOneLineWhatIsMissing(Template template) throws Exception {
    Program launch = launch(template, DataflowGraph.launch(folder, Map.of()));
    assertThat(launch.status()).isEqualTo(2);
    assertThat(launch.err().strip())
        .startsWith("cannot launch: Missing required value")
        .doesNotContain("\n");
  }

  @Test
  void jar_explainsItsParameters_whenAskedForHelp() throws Exception {
    Template template = Template.all().get(0);
    Program help = launch(template, List.of("--help"));
    assertThat(help.status()).isZero();
    assertThat(help.out())
        .contains(template.example().keySet().stream().map(name -> "--" + name + "=").toList());
  }

  @Test
  void jar_isOneProgram() throws Exception {
    try (JarFile jar = new JarFile(Path.of("target/promptbeam-templates.jar").toFile())) {
      assertThat(jar.getManifest().getMainAttributes().getValue("Multi-Release")).isEqualTo("true");
      assertThat(jar.stream().map(Object::toString))
          .noneMatch(name -> name.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"));
      // Google's clients need it at run time, and a test-scoped dependency here would take it away.
      assertThat(jar.getEntry("com/google/protobuf/util/JsonFormat.class")).isNotNull();
      // Each of these services has providers in several jars, whose lists must be put together.
      assertThat(providers(jar, "org.apache.beam.sdk.runners.PipelineRunnerRegistrar"))
          .contains("DataflowPipelineRegistrar");
      assertThat(providers(jar, "org.apache.beam.sdk.io.FileSystemRegistrar"))
          .contains("GcsFileSystemRegistrar", "LocalFileSystemRegistrar");
      assertThat(providers(jar, "io.grpc.LoadBalancerProvider"))
          .contains("PickFirstLoadBalancerProvider", "GrpclbLoadBalancerProvider");
      assertThat(providers(jar, "org.apache.beam.sdk.harness.JvmInitializer"))
          .contains(WorkerJvm.class.getName());
    }
  }

  private static String providers(JarFile jar, String service) throws IOException {
    try (var in = jar.getInputStream(jar.getJarEntry("META-INF/services/" + service))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** With the environment that the image sets, and the no-op stager beside the jar. */
  private Program launch(Template template, List<String> args) throws IOException {
    String dockerfile = Files.readString(Path.of("Dockerfile"));
    Path jar = Path.of(copiedTo(dockerfile, set(dockerfile, "FLEX_TEMPLATE_JAVA_CLASSPATH")));
    assertThat(set(dockerfile, "FLEX_TEMPLATE_JAVA_MAIN_CLASS")).isEqualTo("${MAIN_CLASS}");
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp \"$FLEX_TEMPLATE_JAVA_CLASSPATH\" \"$FLEX_TEMPLATE_JAVA_MAIN_CLASS\""
                    + " \"$@\"",
                "launcher"));
    command.addAll(args);
    return Program.run(
        folder,
        Map.of(
            "FLEX_TEMPLATE_JAVA_CLASSPATH",
            jar + ":" + Path.of("target/test-classes"),
            "FLEX_TEMPLATE_JAVA_MAIN_CLASS",
            template.main().getName(),
            "PROMPTBEAM_CANARY_KEY",
            CANARY),
        command);
  }

  private static String set(String dockerfile, String variable) {
    return group(dockerfile, "(?m)^ENV " + variable + "=(\\S+)$");
  }

  private static String copiedTo(String dockerfile, String destination) {
    return group(dockerfile, "(?m)^COPY (\\S+) " + Pattern.quote(destination) + "$");
  }

  private static String group(String text, String regex) {
    Matcher found = Pattern.compile(regex).matcher(text);
    assertThat(found.find()).as("the Dockerfile has %s", regex).isTrue();
    return found.group(1);
  }

  private Path modelsWithSecrets() {
    try {
      Path key = Files.writeString(folder.resolve("key.txt"), CANARY);
      return Files.writeString(
          folder.resolve("models.yaml"),
          """
          models:
            - id: from-environment
              provider: openai
              base_url: https://llm.example/v1
              api_key: env:PROMPTBEAM_CANARY_KEY
            - id: from-file
              provider: openai
              base_url: https://llm.example/v1
              api_key: file:%s
          """
              .formatted(key));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
