package io.promptbeam.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputTextTest {
  private static Optional<String> textOf(String json) throws Exception {
    return OutputText.of(new ObjectMapper().readTree(json));
  }

  @Test
  void of_givesTheFirstChoice_whenChatCompletion() throws Exception {
    assertThat(
            textOf(
                """
                {"choices": [{"message": {"role": "assistant", "content": "Yes."}},
                             {"message": {"role": "assistant", "content": "No."}}]}
                """))
        .contains("Yes.");
  }

  @Test
  void of_joinsTextParts_whenChatContentIsAList() throws Exception {
    assertThat(
            textOf(
                """
                {"choices": [{"message": {"content": [
                  {"type": "text", "text": "A"}, {"type": "image"}, {"type": "text", "text": "B"}]}}]}
                """))
        .contains("AB");
  }

  @Test
  void of_givesTheText_whenCompletion() throws Exception {
    assertThat(textOf("{\"choices\": [{\"text\": \"Once upon\", \"index\": 0}]}"))
        .contains("Once upon");
  }

  @Test
  void of_leavesReasoningOut_whenResponse() throws Exception {
    assertThat(
            textOf(
                """
                {"output": [
                  {"type": "reasoning", "content": [{"type": "output_text", "text": "hm"}]},
                  {"type": "message", "content": [
                    {"type": "output_text", "text": "Yes"}, {"type": "refusal", "refusal": "x"},
                    {"type": "output_text", "text": "."}]}]}
                """))
        .contains("Yes.");
  }

  @Test
  void of_leavesThinkingOut_whenAnthropicMessage() throws Exception {
    assertThat(
            textOf(
                """
                {"type": "message", "content": [
                  {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Yes."}]}
                """))
        .contains("Yes.");
  }

  @Test
  void of_leavesThoughtsOut_whenGemini() throws Exception {
    assertThat(
            textOf(
                """
                {"candidates": [{"content": {"parts": [
                  {"text": "hm", "thought": true}, {"text": "Yes"}, {"text": "."}]}}]}
                """))
        .contains("Yes.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "{\"choices\": []}",
        "{\"choices\": [{\"message\": {\"content\": null, \"tool_calls\": []}}]}",
        "{\"choices\": [{\"message\": {\"content\": \"\"}}]}",
        "{\"output\": []}",
        "{\"candidates\": [{\"finishReason\": \"SAFETY\"}]}",
        "{\"content\": [{\"type\": \"tool_use\"}]}",
        "{\"object\": \"list\", \"data\": [{\"embedding\": [0.1]}]}"
      })
  void of_isEmpty_whenTheAnswerHoldsNoText(String json) throws Exception {
    assertThat(textOf(json)).isEmpty();
  }
}
