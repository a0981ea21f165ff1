package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Usage;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of Anthropic and Gemini. In the bodies, {@code '} stands for {@code "}. */
class OtherAnswersTest {
  private static AnswerVerdict anthropic(String body) {
    return AnthropicAnswer.check(bytes(body));
  }

  private static AnswerVerdict gemini(String body) {
    return GeminiAnswer.check(bytes(body));
  }

  private static byte[] bytes(String body) {
    return body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static String message(String content, String stopReason) {
    return "{'id':'msg_1','type':'message','role':'assistant','content':["
        + content
        + "],'stop_reason':'"
        + stopReason
        + "','usage':{'input_tokens':20,'cache_creation_input_tokens':100,"
        + "'cache_read_input_tokens':3000,'cache_creation':{'ephemeral_5m_input_tokens':100},"
        + "'output_tokens':7,'service_tier':'standard'}}";
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, STOP",
    "stop_sequence, STOP",
    "max_tokens, LENGTH",
    "tool_use, TOOL_CALLS",
    "pause_turn, OTHER",
    "model_context_window_exceeded, LENGTH",
  })
  void anthropic_isGood_andAllKindsOfInputAreInput(String stopReason, FinishReason reason) {
    assertThat(anthropic(message("{'type':'text','text':'Hi'}", stopReason)))
        .isEqualTo(new AnswerVerdict.Good(new Usage(3_120, 3_000, 7, 0), Optional.of(reason)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'tool_use','id':'t','name':'f','input':{}}",
        "{'type':'thinking','thinking':'hm'},{'text':'x','type':'text'}",
        "{'type':'server_tool_use','id':'t','name':'web_search','input':{}}",
      })
  void anthropic_isGood_whenABlockSaysOrDoesSomething(String content) {
    assertThat(anthropic(message(content, "end_turn"))).isInstanceOf(AnswerVerdict.Good.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{'type':'text','text':' '}",
        "{'type':'thinking','thinking':'hm','signature':'s'}",
        "{'type':'redacted_thinking','data':'x'}",
      })
  void anthropic_isEmpty_whenNoBlockSaysAnything(String content) {
    assertThat(anthropic(message(content, "max_tokens")))
        .isEqualTo(
            new AnswerVerdict.Empty(
                Optional.of("max_tokens"), Optional.of(new Usage(3_120, 3_000, 7, 0))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{'type':'text','text':'I was about to'}"})
  void anthropic_isRefused_whateverCameBefore(String content) {
    assertThat(anthropic(message(content, "refusal")))
        .isEqualTo(
            new AnswerVerdict.Refused(
                "the model refused", Optional.of(new Usage(3_120, 3_000, 7, 0))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{'content':'x'}",
        "{'content':['x']}",
        "{'content':[{'type':'text','text':'x'}]",
        "{'type':'error','error':{'type':'api_error','message':'x'}}",
        "{'choices':[{'message':{'content':'x'}}]}",
      })
  void anthropic_isMalformed_whenItIsNoMessage(String body) {
    assertThat(anthropic(body)).isInstanceOf(AnswerVerdict.Malformed.class);
  }

  private static String candidate(String parts, String reason) {
    return "{'candidates':[{'content':{'parts':["
        + parts
        + "],'role':'model'},'finishReason':'"
        + reason
        + "','index':0,'safetyRatings':[]}],'usageMetadata':{'promptTokenCount':12,"
        + "'cachedContentTokenCount':4,'candidatesTokenCount':71,'toolUsePromptTokenCount':65,"
        + "'thoughtsTokenCount':89,'totalTokenCount':237,"
        + "'promptTokensDetails':[{'modality':'TEXT','tokenCount':12}]},'modelVersion':'g'}";
  }

  private static final Usage GEMINI_USAGE = new Usage(77, 4, 160, 89);

  @ParameterizedTest
  @CsvSource({"STOP, STOP", "MAX_TOKENS, LENGTH", "OTHER, OTHER", "MALFORMED_FUNCTION_CALL, OTHER"})
  void gemini_isGood_andThoughtsAreOutput(String finishReason, FinishReason reason) {
    assertThat(gemini(candidate("{'thought':true,'text':'hm'},{'text':'Hi'}", finishReason)))
        .isEqualTo(new AnswerVerdict.Good(GEMINI_USAGE, Optional.of(reason)));
  }

  @Test
  void gemini_callsATool_whenItStopsForOne() {
    assertThat(gemini(candidate("{'functionCall':{'name':'f','args':{}}}", "STOP")))
        .isEqualTo(new AnswerVerdict.Good(GEMINI_USAGE, Optional.of(FinishReason.TOOL_CALLS)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{'text':''}", "{'text':'hm','thought':true}"})
  void gemini_isEmpty_whenNoPartSaysAnything(String parts) {
    assertThat(gemini(candidate(parts, "MAX_TOKENS")))
        .isEqualTo(new AnswerVerdict.Empty(Optional.of("MAX_TOKENS"), Optional.of(GEMINI_USAGE)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"})
  void gemini_isRefused_whenTheAnswerWasBlocked(String reason) {
    for (String parts : new String[] {"", "{'text':'I was about to'}"}) {
      assertThat(gemini(candidate(parts, reason)))
          .isEqualTo(
              new AnswerVerdict.Refused(
                  "the answer was blocked: " + reason, Optional.of(GEMINI_USAGE)));
    }
  }

  @Test
  void gemini_isRefused_whenThePromptWasBlocked() {
    assertThat(
            gemini(
                "{'promptFeedback':{'blockReason':'PROHIBITED_CONTENT'},"
                    + "'usageMetadata':{'promptTokenCount':9,'totalTokenCount':9}}"))
        .isEqualTo(
            new AnswerVerdict.Refused(
                "the prompt was blocked: PROHIBITED_CONTENT", Optional.of(Usage.of(9, 0))));
  }

  @Test
  void gemini_isGood_whenOneOfSeveralCandidatesIsNotBlocked() {
    assertThat(
            gemini(
                "{'candidates':[{'finishReason':'SAFETY','index':0},"
                    + "{'content':{'parts':[{'text':'x'}]},'finishReason':'STOP','index':1}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'candidates':{}}",
        "{'candidates':[1]}",
        "{'error':{'code':500,'message':'x'}}",
        "{'promptFeedback':{}}",
        "[{'candidates':[]}]",
      })
  void gemini_isMalformed_whenItIsNoAnswer(String body) {
    assertThat(gemini(body)).isInstanceOf(AnswerVerdict.Malformed.class);
  }
}
