package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import io.promptbeam.job.Usage;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In the bodies, {@code '} stands for {@code "}. */
class OpenAiAnswerTest {
  private static final JsonFactory JSON = new JsonFactory();

  private static AnswerVerdict check(OpenAiEndpoint endpoint, String body) {
    return OpenAiAnswer.check(
        body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), endpoint, JSON);
  }

  private static AnswerVerdict chat(String message) {
    return check(
        OpenAiEndpoint.CHAT_COMPLETIONS,
        "{'choices':[{'index':0,'message':" + message + ",'finish_reason':'stop'}]}");
  }

  private static AnswerVerdict responses(String output) {
    return check(
        OpenAiEndpoint.RESPONSES, "{'status':'completed','error':null,'output':[" + output + "]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'role':'assistant','content':'x'}",
        "{'content':'.','refusal':null,'tool_calls':null}",
        "{'content':'\\n\\n x'}",
        "{'content':'\\u00e9'}",
        "{'content':'é'}",
        "{'content':'\\\\'}",
        "{'content':[{'type':'text','text':'x'}]}",
        "{'content':['x']}",
        "{'content':[{'type':'thinking','thinking':[{'text':'hm'}]},{'type':'text','text':'x'}]}",
        "{'content':null,'tool_calls':[{'id':'1','function':{'name':'f','arguments':'{}'}}]}",
        "{'content':'','function_call':{'name':'f'}}",
        "{'content':null,'audio':{'id':'a','data':'AA=='}}",
        "{'content':'','images':[{'image_url':{'url':'data:'}}]}",
        "{'content':'','tool_calls':[[[]],1,{'a':{}}],'annotations':[]}",
      })
  void chat_isGood_whenTheMessageSaysOrDoesSomething(String message) {
    assertThat(chat(message)).isInstanceOf(AnswerVerdict.Good.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'role':'assistant'}",
        "{'role':'assistant','content':null}",
        "{'content':''}",
        "{'content':'  \\n\\t'}",
        "{'content':'\\u2003'}",
        "{'content':'','refusal':'','tool_calls':[],'audio':null,'annotations':[1]}",
        "{'content':null,'reasoning_content':'thought long','reasoning':'and hard'}",
        "{'content':[]}",
        "{'content':[{'type':'text','text':' '}]}",
        "{'content':[{'type':'thinking','thinking':[{'type':'text','text':'hm'}]}]}",
        "{'content':7}",
        "{'content':'','function_call':{}}",
      })
  void chat_isEmpty_whenTheMessageSaysAndDoesNothing(String message) {
    assertThat(chat(message))
        .isEqualTo(new AnswerVerdict.Empty(Optional.of("stop"), Optional.empty()));
  }

  @Test
  void chat_isGood_whenOneOfSeveralChoicesIs() {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'message':{'content':''}},{'message':{'content':'x'}}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
  }

  @Test
  void chat_isGood_whenItsLengthWasLimited() {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'finish_reason':'length','message':{'content':'x'}}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
  }

  @Test
  void empty_carriesReasonAndUsage() {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'finish_reason':'length','message':{'content':''}}],"
                    + "'usage':{'prompt_tokens':5,'completion_tokens':90,"
                    + "'completion_tokens_details':{'reasoning_tokens':90}}}"))
        .isEqualTo(
            new AnswerVerdict.Empty(Optional.of("length"), Optional.of(new Usage(5, 0, 90, 90))));
  }

  @Test
  void empty_keepsTheReasonToItself_whenItIsNotAWord() {
    assertThat(
            check(
                OpenAiEndpoint.COMPLETIONS,
                "{'choices':[{'finish_reason':'you asked for: secret','text':''}]}"))
        .isEqualTo(new AnswerVerdict.Empty(Optional.empty(), Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \r\n ", "{'choices':[]}", "{'choices':[],'error':null}"})
  void chat_isEmpty_whenThereIsNoChoiceAtAll(String body) {
    assertThat(check(OpenAiEndpoint.CHAT_COMPLETIONS, body))
        .isInstanceOf(AnswerVerdict.Empty.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "[{'choices':[{'message':{'content':'x'}}]}]",
        "'text'",
        "{}",
        "<html>hello</html>",
        "{'choices':{'message':{'content':'x'}}}",
        "{'choices':null}",
        "{'choices':[null]}",
        "{'choices':[{}]}",
        "{'choices':[{'message':null}]}",
        "{'choices':[{'message':'x'}]}",
        "{'choices':[{'delta':{'content':'x'}}]}",
        "{'choices':[{'message':{'content':'x'}}]",
        "{'choices':[{'message':{'content':'x'}}]}{'choices':[]}",
        "{'choices':[{'message':{'content':'x'}}]} x",
        "{'choices':[{'message':{'content':'x'}}],}",
        "{'choices':[{'message':{'content':'x'}},1]}",
        "{'choices':[],'error':{'message':'no'}}",
        "{'error':'no'}",
        "{'data':[{'embedding':[1]}]}",
      })
  void chat_isMalformed_whenItIsNoAnswer(String body) {
    assertThat(check(OpenAiEndpoint.CHAT_COMPLETIONS, body))
        .isInstanceOf(AnswerVerdict.Malformed.class);
  }

  @Test
  void malformed_carriesTheUsage_whenItCameBeforeTheDefect() {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'usage':{'prompt_tokens':5,'completion_tokens':9},'choices':[{'message':{'cont"))
        .isInstanceOfSatisfying(
            AnswerVerdict.Malformed.class,
            malformed -> assertThat(malformed.usage()).contains(Usage.of(5, 9)));
  }

  @Test
  void completion_needsText() {
    assertThat(check(OpenAiEndpoint.COMPLETIONS, "{'choices':[{'text':'x'}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
    assertThat(check(OpenAiEndpoint.COMPLETIONS, "{'choices':[{'text':''}]}"))
        .isInstanceOf(AnswerVerdict.Empty.class);
    assertThat(check(OpenAiEndpoint.COMPLETIONS, "{'choices':[{'text':null}]}"))
        .isInstanceOf(AnswerVerdict.Empty.class);
    assertThat(check(OpenAiEndpoint.COMPLETIONS, "{'choices':[{'index':0}]}"))
        .isInstanceOf(AnswerVerdict.Malformed.class);
  }

  @Test
  void embeddings_needData() {
    assertThat(check(OpenAiEndpoint.EMBEDDINGS, "{'data':[{'embedding':[0.1,2]}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
    assertThat(check(OpenAiEndpoint.EMBEDDINGS, "{'data':[]}"))
        .isInstanceOf(AnswerVerdict.Empty.class);
    assertThat(check(OpenAiEndpoint.EMBEDDINGS, "{'data':[[0.1]]}"))
        .isInstanceOf(AnswerVerdict.Malformed.class);
    assertThat(check(OpenAiEndpoint.EMBEDDINGS, "{'choices':[{'text':'x'}]}"))
        .isInstanceOf(AnswerVerdict.Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'message','content':[{'type':'output_text','text':'x'}]}",
        "{'content':[{'text':'x','type':'output_text'}],'type':'message'}",
        "{'type':'message','content':[{'type':'output_audio','data':'AA=='}]}",
        "{'type':'reasoning','summary':[]},{'type':'function_call','name':'f'}",
        "{'type':'image_generation_call','result':'AA=='}",
      })
  void responses_areGood_whenAnItemSaysOrDoesSomething(String items) {
    assertThat(responses(items)).isInstanceOf(AnswerVerdict.Good.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{'type':'message','content':[]}",
        "{'type':'message','content':[{'type':'output_text','text':''}]}",
        "{'type':'reasoning','content':[{'type':'reasoning_text','text':'hm'}]}",
      })
  void responses_areEmpty_whenNoItemSaysOrDoesAnything(String items) {
    assertThat(responses(items)).isInstanceOf(AnswerVerdict.Empty.class);
  }

  @Test
  void responses_sayWhyTheyAreIncomplete() {
    assertThat(
            check(
                OpenAiEndpoint.RESPONSES,
                "{'status':'incomplete','incomplete_details':{'reason':'max_output_tokens'},"
                    + "'output':[{'type':'reasoning'}]}"))
        .isEqualTo(new AnswerVerdict.Empty(Optional.of("max_output_tokens"), Optional.empty()));
  }

  @Test
  void chat_isRefused_whenThereIsNothingButARefusal() {
    assertThat(chat("{'content':null,'refusal':'I cannot help with that.'}"))
        .isEqualTo(new AnswerVerdict.Refused("the model refused", Optional.empty()));
    assertThat(responses("{'type':'message','content':[{'type':'refusal','refusal':'no'}]}"))
        .isInstanceOf(AnswerVerdict.Refused.class);
    assertThat(chat("{'content':null,'refusal':''}")).isInstanceOf(AnswerVerdict.Empty.class);
  }

  @Test
  void chat_isGood_whenTextComesWithARefusal() {
    assertThat(chat("{'content':'Some of it.','refusal':'Not the rest.'}"))
        .isInstanceOf(AnswerVerdict.Good.class);
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'message':{'content':null,'refusal':'no'}},"
                    + "{'message':{'content':'x'}}]}"))
        .isInstanceOf(AnswerVerdict.Good.class);
  }

  @Test
  void chat_isRefused_whenTheContentFilterLeftNothing() {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'message':{'content':''},'finish_reason':'content_filter'}],"
                    + "'usage':{'prompt_tokens':4}}"))
        .isEqualTo(
            new AnswerVerdict.Refused(
                "the provider's content filter held it back", Optional.of(Usage.of(4, 0))));
  }

  @ParameterizedTest
  @CsvSource({
    "stop, STOP",
    "length, LENGTH",
    "content_filter, CONTENT_FILTER",
    "tool_calls, TOOL_CALLS",
    "function_call, TOOL_CALLS",
    "eos, OTHER",
  })
  void finishReason_isNeutral(String reason, FinishReason neutral) {
    assertThat(
            check(
                OpenAiEndpoint.CHAT_COMPLETIONS,
                "{'choices':[{'message':{'content':'x'},'finish_reason':'" + reason + "'}]}"))
        .isEqualTo(new AnswerVerdict.Good(Usage.NONE, Optional.of(neutral)));
  }
}
