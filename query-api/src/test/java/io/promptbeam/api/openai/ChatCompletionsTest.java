package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.submit.StrictJson;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChatCompletionsTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final Job LINE =
      new Job(
          new JobSpec(
              JobId.random(),
              new Owner("alice"),
              "gemini-test",
              JobLabels.ofType(JobLabels.GENERIC),
              new JobLimits(Priority.BATCH, 10, T0.plusSeconds(60), 3),
              T0,
              Optional.empty()),
          JobRun.NEW,
          "v",
          Optional.empty(),
          Optional.empty());

  private static JsonNode of(String answer) throws Exception {
    JsonNode json = StrictJson.read(answer.getBytes(UTF_8));
    assertThat(ChatCompletions.isForeign(json)).isTrue();
    return ChatCompletions.of(json, LINE);
  }

  @Test
  void answer_keepsTextReasonAndEveryCandidate_whenItIsGeminis() throws Exception {
    JsonNode json =
        of(
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"mm\",\"thought\":true},"
                + "{\"text\":\"Ja\"}]},\"finishReason\":\"STOP\"},{\"finishReason\":\"SAFETY\"}]}");
    assertThat(json.path("model").asText()).isEqualTo("gemini-test");
    assertThat(json.at("/choices/0/message/content").asText()).isEqualTo("Ja");
    assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(json.at("/choices/1/index").asInt()).isEqualTo(1);
    assertThat(json.at("/choices/1/finish_reason").asText()).isEqualTo("content_filter");
  }

  @Test
  void answer_hasToolCalls_whenTheModelCallsTools() throws Exception {
    JsonNode anthropic =
        of(
            "{\"stop_reason\":\"tool_use\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\","
                + "\"name\":\"f\",\"input\":{\"a\":1}}]}");
    assertThat(anthropic.at("/choices/0/message/content").isNull()).isTrue();
    assertThat(anthropic.at("/choices/0/message/tool_calls/0/function/arguments").asText())
        .isEqualTo("{\"a\":1}");
    assertThat(anthropic.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
    JsonNode gemini =
        of(
            "{\"candidates\":[{\"finishReason\":\"STOP\",\"content\":{\"parts\":["
                + "{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]}}]}");
    assertThat(gemini.at("/choices/0/message/tool_calls/0/function/name").asText()).isEqualTo("g");
    assertThat(gemini.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
  }

  @Test
  void answer_isLeftAlone_whenItIsOpenAis() throws Exception {
    JsonNode json = StrictJson.read("{\"choices\":[],\"content\":[]}".getBytes(UTF_8));
    assertThat(ChatCompletions.isForeign(json)).isFalse();
  }
}
