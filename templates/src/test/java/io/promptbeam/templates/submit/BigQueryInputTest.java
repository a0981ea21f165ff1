package io.promptbeam.templates.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beam's own reader of BigQuery's Storage API, with a service in this process behind it. */
class BigQueryInputTest {
  private static final Schema SCHEMA =
      SchemaBuilder.record("row").fields().requiredString("id").optionalString("text").endRecord();

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  private SubmitFileOptions options(String... more) throws Exception {
    Path models =
        Files.writeString(
            folder.resolve("models.yaml"), "models: [{id: sim, provider: simulated}]");
    List<String> args =
        new ArrayList<>(
            List.of(
                "--runner=DirectRunner",
                "--project=demo-project",
                "--tempLocation=" + folder,
                "--credentialFactoryClass="
                    + "org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory",
                "--owner=o",
                "--model=sim",
                "--models=" + models,
                "--promptTemplate=About {text}",
                "--dryRun"));
    args.addAll(List.of(more));
    return PipelineOptionsFactory.fromArgs(args.toArray(String[]::new))
        .withValidation()
        .as(SubmitFileOptions.class);
  }

  @Test
  void table_isRead_withTheColumnsThatAreNeeded() throws Exception {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rows.add(Map.of("id", "r" + i, "text", "text " + i));
    }
    rows.add(Map.of("id", "without"));
    Path summary = folder.resolve("summary.json");
    OneTable.SELECTED.clear();
    var unused =
        SubmitFileTemplate.launch(
                options(
                    "--inputTable=demo-project:data.reviews",
                    "--idColumn=id",
                    "--summaryOutput=" + summary),
                Optional.of(OneTable.of(SCHEMA, rows)))
            .waitUntilFinish();
    JsonNode told = new ObjectMapper().readTree(summary.toFile());
    assertThat(told.path("lines").asInt()).isEqualTo(50);
    assertThat(told.path("rejects").path(0).path("reason").asText())
        .isEqualTo("Column text has no value.");
    assertThat(OneTable.SELECTED).containsOnly(List.of("text", "id"));
  }

  @Test
  void launch_isRefused_whenRowsOfBigQueryHaveNoId() throws Exception {
    SubmitFileOptions options = options("--inputQuery=SELECT 1");
    assertThatThrownBy(() -> SubmitFileTemplate.launch(options))
        .hasMessageStartingWith("missing --idColumn");
  }
}
