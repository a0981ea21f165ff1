package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.job.LlmRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalledModelTest {
  private static Optional<String> name(String answer) {
    return CalledModel.nameIn(answer.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void model_isReadFromTheAnswersOfAllProviders() {
    assertThat(name("{\"id\":\"c\",\"model\":\"gpt-5-2026\",\"choices\":[]}"))
        .contains("gpt-5-2026");
    assertThat(name("{\"candidates\":[{\"model\":\"no\"}],\"modelVersion\":\"gemini-3\"}"))
        .contains("gemini-3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"model\":7}",
        "{\"model\":\"what was asked\"}",
        "{\"model\":\"\"}",
        "{\"a\":{\"model\":\"inner\"}}",
        "{\"model",
        "not JSON"
      })
  void model_isUnknown_whenTheAnswerHasNoSuchName(String answer) {
    assertThat(name(answer)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, chat",
    "/v1/responses, chat",
    "/v1/messages, chat",
    "/v1/embeddings, embeddings",
    "/v1/completions, text_completion",
    "models/x:generateContent, generate_content",
  })
  void operation_isThatOfTheEndpoint(String endpoint, String operation) {
    var body = JsonNodeFactory.instance.objectNode();
    assertThat(CalledModel.operation(new LlmRequest.Native(endpoint, body))).isEqualTo(operation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "provider: openai, base_url: 'https://o.test:8443/v1' | openai | o.test",
        "provider: anthropic | anthropic | api.anthropic.com",
        "provider: gemini | gcp.gemini | generativelanguage.googleapis.com",
        "provider: gemini, vertex: {project: my-project, location: europe-west4} | gcp.vertex_ai"
            + " | europe-west4-aiplatform.googleapis.com",
      })
  void provider_hasItsNameAndItsAddress(String fields, String name, String host) throws Exception {
    ModelConfig model =
        ModelCatalogLoader.parse("models.yaml", "models:\n  - {id: m, " + fields + "}\n")
            .find("m")
            .orElseThrow();
    assertThat(CalledModel.provider(model)).isEqualTo(name);
    assertThat(CalledModel.address(model).map(URI::getHost)).contains(host);
  }

  @Test
  void simulatedProvider_hasNoAddress() throws Exception {
    ModelConfig model =
        ModelCatalogLoader.parse("models.yaml", "models: [{id: m, provider: simulated}]\n")
            .find("m")
            .orElseThrow();
    assertThat(CalledModel.address(model)).isEmpty();
  }
}
