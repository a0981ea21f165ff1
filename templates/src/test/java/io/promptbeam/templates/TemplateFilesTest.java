package io.promptbeam.templates;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.dataflow.v1beta3.ParameterMetadata;
import com.google.dataflow.v1beta3.TemplateMetadata;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that say what templates there are and which parameters they take. */
class TemplateFilesTest {
  private static final Path METADATA = Path.of("metadata");

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void metadata_saysWhatTheOptionsSay_inDataflowsOwnMessage(Template template) throws Exception {
    Path file = METADATA.resolve(template.id() + ".json");
    Accepted.check(
        file,
        new ObjectMapper().readTree(JsonFormat.printer().print(metadata(template))).toPrettyString()
            + "\n",
        "Its source is " + template.options().getName() + ".");
    TemplateMetadata.Builder read = TemplateMetadata.newBuilder();
    JsonFormat.parser().merge(Files.readString(file), read);
    assertThat(read.build()).isEqualTo(metadata(template));
    assertThat(read.getParametersList())
        .isNotEmpty()
        .allSatisfy(
            parameter -> {
              assertThat(parameter.getLabel()).isNotBlank();
              assertThat(parameter.getHelpText()).isNotBlank();
            });
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void metadata_namesNeitherTestOptionsNorSecrets(Template template) {
    assertThat(names(Parameters.of(template.options())))
        .doesNotContain("pubsubEmulator")
        .noneMatch(name -> name.matches("(?i).*(secret|password|api_?key|token)"));
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void example_givesWhatIsRequired_inTheFormThatIsAsked(Template template) {
    List<ParameterMetadata> parameters = Parameters.of(template.options());
    Map<String, String> example = template.example();
    assertThat(names(parameters)).containsAll(example.keySet());
    for (ParameterMetadata parameter : parameters) {
      String value = example.getOrDefault(parameter.getName(), parameter.getDefaultValue());
      assertThat(parameter.getIsOptional() || !value.isEmpty())
          .as("the example gives %s", parameter.getName())
          .isTrue();
      if (!value.isEmpty()) {
        assertThat(parameter.getRegexesList())
            .allSatisfy(regex -> assertThat(value).matches(regex));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.promptbeam.templates.Template#all")
  void parametersOfTheScript_areThoseOfTheMetadata(Template template) throws Exception {
    String rows =
        Parameters.of(template.options()).stream()
            .map(
                parameter ->
                    String.join(
                            "\t",
                            parameter.getName(),
                            parameter.getIsOptional() ? "optional" : "required",
                            parameter.getRegexesCount() == 0 ? ".*" : parameter.getRegexes(0),
                            parameter.getHelpText())
                        + "\n")
            .collect(Collectors.joining());
    Accepted.check(
        METADATA.resolve(template.id() + ".parameters.tsv"), rows, "launch.sh reads it.");
  }

  @Test
  void list_namesEveryTemplateAndItsMain() throws Exception {
    String rows =
        Template.all().stream()
            .map(
                template ->
                    String.join(
                            "\t",
                            template.id(),
                            template.main().getName(),
                            template.mode().name().toLowerCase(Locale.ROOT),
                            template.title())
                        + "\n")
            .collect(Collectors.joining());
    Accepted.check(METADATA.resolve("templates.tsv"), rows, "build.sh and launch.sh read it.");
  }

  @Test
  void readme_hasEveryParameterOfEveryTemplate() throws IOException {
    Path readme = Path.of("README.md");
    String text = Files.readString(readme);
    for (Template template : Template.all()) {
      String start = "<!-- parameters of " + template.id() + " -->\n";
      assertThat(text).as("README.md has the mark %s", start).contains(start);
      int from = text.indexOf(start) + start.length();
      int to = text.indexOf("<!-- end -->", from);
      text = text.substring(0, from) + table(template) + text.substring(to);
    }
    Accepted.check(readme, text, "Its tables are made from the options.");
  }

  @ParameterizedTest
  @CsvSource({
    "PUBSUB_SUBSCRIPTION, projects/acme-llm/subscriptions/jobs, projects/acme-llm/topics/jobs",
    "PUBSUB_SUBSCRIPTION, projects/acme.com:llm-app/subscriptions/a.b, jobs",
    "PUBSUB_TOPIC, projects/acme-llm/topics/dead-letters, projects/acme-llm/topics/",
    "PUBSUB_TOPIC, projects/acme-llm/topics/a%2Bb, projects//topics/dead",
    "BIGTABLE_INSTANCE, bigtable://acme-llm/promptbeam, emulator://localhost:8086",
    "BIGTABLE_INSTANCE, bigtable://acme-llm/promptbeam?app_profile=one, bigtable://acme-llm",
    "BIGQUERY_TABLE, acme-llm:sales.tickets, sales.tickets",
    "BIGQUERY_TABLE, acme-llm.sales.tickets_2026, acme-llm:sales",
    "GCS_READ_FILE, gs://acme/a/b.yaml, /tmp/b.yaml",
    "GCS_READ_FILE, gs://acme/in/*.jsonl, gs://acme/in/",
    "GCS_WRITE_FILE, gs://acme/out/results, gs://acme",
    "GCS_WRITE_FOLDER, gs://acme/out/, s3://acme/out/",
    "BOOLEAN, true, yes",
    "COUNT, 32, 0",
    "COUNT, 1, 1.5",
    "NUMBER, -0.5, much",
  })
  void form_acceptsTheRightValue_andRefusesTheWrongOne(ValueForm form, String right, String wrong) {
    assertThat(right).matches(form.regex());
    assertThat(wrong).doesNotMatch(form.regex());
  }

  @ParameterizedTest
  @EnumSource
  void form_isReadAlikeByJavaAndTheShell(ValueForm form) {
    assertThat(form.regex()).doesNotContain("(?", "\\d", "\\w", "\\s", "\\S", "\t");
  }

  private static TemplateMetadata metadata(Template template) {
    TemplateMetadata.Builder made =
        TemplateMetadata.newBuilder()
            .setName(template.title())
            .setDescription(template.description())
            .addAllParameters(Parameters.of(template.options()));
    if (template.mode() == Template.Mode.STREAMING) {
      made.setStreaming(true)
          .setSupportsAtLeastOnce(true)
          .setSupportsExactlyOnce(true)
          .setDefaultStreamingMode("EXACTLY_ONCE");
    }
    return made.build();
  }

  private static Set<String> names(List<ParameterMetadata> parameters) {
    return parameters.stream().map(ParameterMetadata::getName).collect(Collectors.toSet());
  }

  private static String table(Template template) {
    StringBuilder table =
        new StringBuilder("| parameter | must be given | default | what it is |\n");
    table.append("|---|---|---|---|\n");
    for (ParameterMetadata parameter : Parameters.of(template.options())) {
      table
          .append("| `")
          .append(parameter.getName())
          .append("` | ")
          .append(parameter.getIsOptional() ? "" : "yes")
          .append(" | ")
          .append(code(parameter.getDefaultValue()))
          .append(" | ")
          .append(parameter.getHelpText().replace("|", "\\|"))
          .append(" |\n");
    }
    return table.toString();
  }

  private static String code(String value) {
    return value.isEmpty() ? "" : "`" + value + "`";
  }
}
