package io.promptbeam.pipeline.llm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Answers of providers that are meant to break who reads them. */
class HostileAnswersTest {
  private static final String DEEP = "[".repeat(10_000) + "]".repeat(10_000);
  private static final List<String> ANSWERS =
      List.of(
          DEEP,
          "[".repeat(1_000_000),
          "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
          "{\"choices\":" + DEEP + "}",
          "{\"content\":" + DEEP + "}",
          "{\"candidates\":" + DEEP + "}",
          "{\"output\":" + DEEP + "}",
          "{\"usage\":{\"prompt_tokens\":1e999999999}}",
          "{\"usage\":{\"prompt_tokens\":" + "9".repeat(1_000_000) + "}}",
          "{\"id\":\"\u0000\"}",
          "");

  @Test
  void answer_isNoGoodOne_whateverItsShape() {
    for (OpenAiEndpoint endpoint : OpenAiEndpoint.values()) {
      for (String answer : ANSWERS) {
        assertThat(endpoint.check(answer.getBytes(UTF_8)))
            .isNotInstanceOf(AnswerVerdict.Good.class);
      }
    }
    for (String answer : ANSWERS) {
      assertThat(AnthropicAnswer.check(answer.getBytes(UTF_8)))
          .isNotInstanceOf(AnswerVerdict.Good.class);
      assertThat(GeminiAnswer.check(answer.getBytes(UTF_8)))
          .isNotInstanceOf(AnswerVerdict.Good.class);
    }
  }

  @Test
  void event_isRefused_whenItNestsTooDeep() {
    for (OpenAiEndpoint endpoint :
        List.of(OpenAiEndpoint.CHAT_COMPLETIONS, OpenAiEndpoint.RESPONSES)) {
      StreamAssembler assembler = endpoint.assembler();
      assertThatThrownBy(() -> assembler.event("", "{\"choices\":" + DEEP + "}"))
          .isInstanceOf(IOException.class);
    }
  }
}
