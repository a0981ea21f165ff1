package io.promptbeam.templates.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalogLoader;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowMapperTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static RowMapping mapping(String... args) {
    return RowMapping.of(
        PipelineOptionsFactory.fromArgs(
                Stream.concat(Stream.of("--owner=o", "--models=m"), Stream.of(args))
                    .toArray(String[]::new))
            .as(SubmitFileOptions.class));
  }

  private static InputRow row(String json) throws Exception {
    return new InputRow("f.csv", 7, (ObjectNode) JSON.readTree(json));
  }

  private static JsonNode line(String json, String... args) throws Exception {
    return JSON.readTree(new RowMapper(mapping(args)).line(row(json)).toString());
  }

  @Test
  void line_isABatchLine_ofTheRow() throws Exception {
    assertThat(line("{\"q\": \"hi\"}", "--model=m", "--promptColumn=q"))
        .isEqualTo(
            JSON.readTree(
                """
                {"custom_id": "f.csv:7", "method": "POST", "url": "/v1/chat/completions",
                 "body": {"messages": [{"role": "user", "content": "hi"}], "model": "m"}}
                """));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "/v1/responses|{\"instructions\":\"s\",\"input\":\"hi\",\"max_output_tokens\":9,\"model\":\"m\"}",
        "/v1/chat/completions|{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
            + "\"content\":\"hi\"}],\"max_completion_tokens\":9,\"model\":\"m\"}"
      })
  void body_hasItsEndpointsForm(String endpoint, String body) throws Exception {
    assertThat(
            line(
                    "{\"q\": \"hi\"}",
                    "--model=m",
                    "--promptColumn=q",
                    "--systemTemplate=s",
                    "--maxOutputTokens=9",
                    "--endpoint=" + endpoint)
                .path("body")
                .toString())
        .isEqualTo(body);
  }

  @Test
  void body_isTheRowsOwn_withParametersMergedIn() throws Exception {
    String own = "{\"model\":\"x\",\"input\":\"hi\",\"user\":\"u\",\"a\":{\"b\":1,\"c\":2}}";
    String[] options = {
      "--bodyColumn=body",
      "--idColumn=custom_id",
      "--endpoint=/v1/responses",
      "--parameters={\"user\": null, \"a\": {\"c\": 3}}"
    };
    String merged = "{\"model\":\"x\",\"input\":\"hi\",\"a\":{\"b\":1,\"c\":3}}";
    JsonNode asObject = line("{\"custom_id\": \"c\", \"body\": " + own + "}", options);
    JsonNode asText =
        line("{\"custom_id\": \"c\", \"body\": " + JSON.writeValueAsString(own) + "}", options);
    assertThat(asObject.path("body")).isEqualTo(JSON.readTree(merged));
    assertThat(asText).isEqualTo(asObject);
    assertThat(asObject.path("custom_id").asText()).isEqualTo("c");
  }

  @Test
  void row_isNotChanged_byItsMapping() throws Exception {
    InputRow row = row("{\"body\": {\"input\": \"hi\"}}");
    var unused =
        new RowMapper(mapping("--bodyColumn=body", "--model=m", "--parameters={\"a\": 1}"))
            .line(row);
    assertThat(row.columns().toString()).isEqualTo("{\"body\":{\"input\":\"hi\"}}");
  }

  @Test
  void bodysFields_comeFromColumns() throws Exception {
    JsonNode body =
        line(
                "{\"q\": \"hi\", \"which\": \"large\", \"t\": 0.5, \"none\": null}",
                "--promptColumn=q",
                "--columnMapping={\"model\": \"which\", \"temperature\": \"t\", \"user\": \"none\"}")
            .path("body");
    assertThat(body.path("model").asText()).isEqualTo("large");
    assertThat(body.path("temperature").asDouble()).isEqualTo(0.5);
    assertThat(body.has("user")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"q\": \" \"}|Its prompt would be empty.",
        "{\"q\": \"x\", \"id\": null}|Column id holds no id.",
        "{\"q\": \"x\", \"id\": [1]}|Column id holds no id."
      })
  void row_isRefused_whenItMakesNoRequest(String json, String reason) {
    assertThatThrownBy(() -> line(json, "--model=m", "--promptColumn=q", "--idColumn=id"))
        .isInstanceOf(InvalidRowException.class)
        .hasMessage(reason);
  }

  @Test
  void row_isRefused_whenItsBodyIsNoObject() {
    assertThatThrownBy(() -> line("{\"b\": \"{\"}", "--model=m", "--bodyColumn=b"))
        .hasMessageStartingWith("Column b is not valid JSON");
    assertThatThrownBy(() -> line("{\"b\": \"[]\"}", "--model=m", "--bodyColumn=b"))
        .hasMessage("Column b holds no JSON object.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "--promptColumn=q|missing --model",
        "--model=m|exactly one of --promptTemplate",
        "--model=m;--promptColumn=q;--bodyColumn=b|exactly one of --promptTemplate",
        "--model=m;--promptTemplate={|--promptTemplate: the template is wrong at line 1",
        "--model=m;--promptColumn=q;--parameters=[1]|--parameters must be a JSON object",
        "--model=m;--promptColumn=q;--parameters={|--parameters must be a JSON object",
        "--model=m;--promptColumn=q;--columnMapping={\"a\": 1}|--columnMapping must give",
        "--model=m;--promptColumn=q;--maxOutputTokens=0|--maxOutputTokens must be at least 1",
        "--model=m;--promptColumn=q;--endpoint=/v1/embeddings;--maxOutputTokens=5|no meaning for",
        "--model=m;--promptColumn=q;--endpoint=/v1/embeddings;--systemTemplate=s|--systemTemplate",
        "--model=m;--promptColumn=q;--endpoint=/v2|--endpoint must be one of"
      })
  void mapping_isRefused_whenOptionsDoNotFit(String args, String message) {
    assertThatThrownBy(() -> mapping(args.split(";")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void columns_areAllThatTheMappingNames() {
    assertThat(
            mapping(
                    "--model=m",
                    "--promptTemplate={a} {b}",
                    "--systemTemplate={c}",
                    "--columnMapping={\"user\": \"d\"}",
                    "--idColumn=e")
                .columns())
        .containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void line_isLookedAt_asTheJobPipelineWill() throws Exception {
    var models =
        ModelCatalogLoader.parse(
            "models.yaml", "models: [{id: sim, provider: simulated, tokens_per_minute: 1000}]");
    var good = new MapRows.Mapping(mapping("--model=sim", "--promptColumn=q"), models);
    assertThat(good.line(row("{\"q\": \"12345678\"}")).inputTokens()).isEqualTo(3);
    assertThatThrownBy(() -> good.line(row("{\"q\": \"" + "long ".repeat(1_000) + "\"}")))
        .hasMessageContaining("the limit of model sim is 1,000 a minute");
    var unknown = new MapRows.Mapping(mapping("--model=other", "--promptColumn=q"), models);
    assertThatThrownBy(() -> unknown.line(row("{\"q\": \"hi\"}")))
        .hasMessageContaining("body.model: No model of this id");
  }
}
