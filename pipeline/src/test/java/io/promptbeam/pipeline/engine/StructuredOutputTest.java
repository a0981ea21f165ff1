package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedModels.model;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobOptions;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.ScriptedModels;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StructuredOutputTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String VALID = "{\"age\":36}";
  private static final String INVALID = "{\"age\":\"s3cret\"}";

  private final ScriptedModels models = new ScriptedModels(model("m", ProviderKind.OPENAI));
  private final EngineRun run = new EngineRun(models);

  @AfterEach
  void close() {
    run.close();
  }

  @Test
  void job_completes_whenTheAnswerIsValid_andTheProviderIsAskedForTheSchema() throws Exception {
    models.answers("m", texts(VALID));
    Job job = run.run(EngineRun.PROMPT, 3, options());

    assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(job.run().repaired()).isFalse();
    assertThat(models.calls()).hasSize(1);
    assertThat(models.calls().get(0).options().outputSchema()).isEqualTo(options().outputSchema());
  }

  @Test
  void job_isRepaired_byOneMoreCallThatSaysWhatIsWrong() throws Exception {
    models.answers("m", texts(INVALID, VALID));
    Job job = run.run(EngineRun.PROMPT, 3, options());

    assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
    assertThat(job.run().repaired()).isTrue();
    assertThat(job.run().attempt()).isEqualTo(2);
    assertThat(job.run().calls())
        .extracting(CallRecord::errorCode)
        .containsExactly(Optional.of(ErrorCodes.INVALID_OUTPUT), Optional.empty());
    assertThat(job.run().ending().orElseThrow().costUsd()).contains(new BigDecimal("0.004"));
    LlmRequest.Messages second = (LlmRequest.Messages) models.calls().get(1).request();
    assertThat(second.messages()).hasSize(3);
    assertThat(second.messages().get(1).path("content").asText()).isEqualTo(INVALID);
    assertThat(second.messages().get(2).path("content").asText()).contains("/age: ");
  }

  @Test
  void job_failsAsInvalidOutput_whenTheRepairIsInvalidToo() throws Exception {
    models.answers("m", texts(INVALID, INVALID, VALID));
    Job job = run.run(EngineRun.PROMPT, 5, options());

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(models.calls()).hasSize(2);
    var ending = job.run().ending().orElseThrow();
    assertThat(ending.error().orElseThrow().code()).isEqualTo(ErrorCodes.INVALID_OUTPUT);
    assertThat(ending.error().orElseThrow().message())
        .contains("#/properties/age/type")
        .doesNotContain("s3cret");
    assertThat(ending.usage()).contains(Usage.of(2_000, 1_000));
  }

  @Test
  void job_isNotRepaired_whenNoAttemptIsLeft() throws Exception {
    models.answers("m", texts("no JSON at all", VALID));
    Job job = run.run(EngineRun.PROMPT, 1, options());

    assertThat(job.run().state()).isEqualTo(JobState.FAILED);
    assertThat(models.calls()).hasSize(1);
    assertThat(job.run().ending().orElseThrow().error().orElseThrow().code())
        .isEqualTo(ErrorCodes.INVALID_OUTPUT);
  }

  @Test
  void nativeConversation_isExtendedInItsOwnForm() throws Exception {
    models.answers("m", texts(INVALID, VALID));
    var body =
        (ObjectNode) MAPPER.readTree("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    run.run(new LlmRequest.Native("/v1/chat/completions", body), 2, options());

    LlmRequest.Native second = (LlmRequest.Native) models.calls().get(1).request();
    assertThat(second.body().path("messages")).hasSize(3);
    assertThat(body.path("messages")).hasSize(1);
  }

  private static JobOptions options() throws Exception {
    JsonNode schema =
        MAPPER.readTree(
            "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\"}},"
                + "\"required\":[\"age\"]}");
    return new JobOptions(Optional.empty(), Optional.of((ObjectNode) schema));
  }

  private static ScriptedModels.Script texts(String... texts) {
    return (call, request) -> {
      ObjectNode answer = MAPPER.createObjectNode();
      answer
          .putArray("choices")
          .addObject()
          .putObject("message")
          .put("content", texts[Math.min(call, texts.length) - 1]);
      return CompletableFuture.completedFuture(
          new LlmAnswer(answer.toString().getBytes(StandardCharsets.UTF_8), Usage.of(1_000, 500)));
    };
  }
}
