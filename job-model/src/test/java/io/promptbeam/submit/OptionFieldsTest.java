package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.LlmRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionFieldsTest {
  private static final LlmRequest PROMPT =
      new LlmRequest.Prompt(Optional.empty(), "Hi", StrictJson.object());

  @Test
  void options_areRead_whenGiven() throws Exception {
    JobOptions options =
        read("{'output_schema':{'type':'object'},'cache':{'max_age_seconds':60}}", PROMPT);
    assertThat(options.cacheMaxAge()).contains(Duration.ofSeconds(60));
    assertThat(options.outputSchema()).contains((ObjectNode) json("{'type':'object'}"));
    assertThat(read("{}", PROMPT)).isEqualTo(JobOptions.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'output_schema':{'type':'strin'}} | output_schema",
        "{'output_schema':{'$ref':'http://127.0.0.1/x'}} | output_schema",
        "{'output_schema':[]} | output_schema",
        "{'cache':{'max_age_seconds':0}} | cache.max_age_seconds",
        "{'cache':{'max_age_seconds':2592001}} | cache.max_age_seconds",
        "{'cache':{}} | cache.max_age_seconds",
        "{'cache':{'max_age_seconds':1,'ttl':2}} | cache",
        "{'cache':true} | cache"
      })
  void submission_isRefused_namingTheField(String fields, String field) {
    assertThatThrownBy(() -> read(fields, PROMPT))
        .asInstanceOf(InstanceOfAssertFactories.type(InvalidSubmissionException.class))
        .extracting(InvalidSubmissionException::field)
        .isEqualTo(field);
  }

  @Test
  void schema_isRefused_whereAnAnswerCouldNotBeRepaired() {
    var embeddings = new LlmRequest.Native("/v1/embeddings", StrictJson.object().put("input", "a"));
    assertThatThrownBy(() -> read("{'output_schema':{}}", embeddings))
        .hasMessageContaining("goes with full_input");
  }

  private static JobOptions read(String fields, LlmRequest request) throws Exception {
    return OptionFields.read(Fields.of(json(fields), Set.of("output_schema", "cache")), request);
  }

  private static JsonNode json(String text) throws Exception {
    return StrictJson.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
