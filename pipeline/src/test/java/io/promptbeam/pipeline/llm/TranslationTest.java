package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes out for a request. In the bodies, {@code '} stands for {@code "}. */
class TranslationTest {
  private static final String CLOSED =
      "{'type':'object','properties':{'a':{'type':'string'}},'required':['a'],"
          + "'additionalProperties':false}";
  private static final String OPEN = "{'type':'object','properties':{'a':{'minimum':3}}}";
  private static final String CONVERSATION =
      """
      [{'role':'developer','content':[{'type':'text','text':'Be brief.'}]},
       {'role':'user','content':[{'type':'text','text':'What is this?'},
         {'type':'image_url','image_url':{'url':'data:image/png;base64,iVBORw0KGgo='}},
         {'type':'image_url','image_url':{'url':'https://example.com/cat.jpg?size=1'}},
         {'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,JVBERi0='}}]},
       {'role':'assistant','content':null,'tool_calls':[
         {'id':'call_1','type':'function','function':{'name':'look','arguments':'{\\'at\\':1}'}},
         {'id':'call_2','type':'function','function':{'name':'wait','arguments':''}}]},
       {'role':'tool','tool_call_id':'call_1','content':'A cat.'},
       {'role':'tool','tool_call_id':'call_2','content':[{'type':'text','text':'ok'}]},
       {'role':'assistant','content':'A cat.'},
       {'role':'user','content':'Sure?'}]
      """;
  private static final String PARAMS =
      """
      {'temperature':0.2,'top_p':0.9,'top_k':40,'max_tokens':50,'stop':'END','seed':7,
       'tools':[{'type':'function','function':{'name':'look','description':'Looks.',
         'parameters':{'type':'object','properties':{'at':{'type':'integer'}}}}}],
       'tool_choice':'required'}
      """;

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) Json.MAPPER.readTree(text.replace('\'', '"'));
  }

  private static LlmRequest prompt(String params) throws Exception {
    return new LlmRequest.Prompt(Optional.of("Be kind."), "Hi", json(params));
  }

  private static LlmRequest messages(String messages, String params) throws Exception {
    return new LlmRequest.Messages(
        Optional.of("Be kind."),
        (ArrayNode) Json.MAPPER.readTree(messages.replace('\'', '"')),
        json(params));
  }

  private static AnthropicProtocol anthropic(boolean stream) {
    return new AnthropicProtocol(URI.create("http://127.0.0.1:1/"), "claude", stream, 4096);
  }

  private static GeminiProtocol gemini(boolean stream) {
    return new GeminiProtocol(
        GeminiAddress.ofApi(Optional.of(URI.create("http://127.0.0.1:1")), "models/g-1.5"), stream);
  }

  private static OpenAiProtocol openAi(boolean stream) {
    return new OpenAiProtocol(URI.create("http://127.0.0.1:1/v1/"), "gpt", stream);
  }

  private static JsonNode body(ProviderProtocol protocol, LlmRequest request, CallOptions options)
      throws Exception {
    return Json.MAPPER.readTree(protocol.prepare(request, options).body());
  }

  private static JsonNode body(ProviderProtocol protocol, LlmRequest request) throws Exception {
    return body(protocol, request, CallOptions.NONE);
  }

  @Test
  void anthropic_translatesAPrompt() throws Exception {
    PreparedCall call = anthropic(false).prepare(prompt("{'user':'u1'}"), CallOptions.NONE);
    assertThat(call.uri()).hasToString("http://127.0.0.1:1/v1/messages");
    assertThat(call.streamed()).isFalse();
    assertThat(Json.MAPPER.readTree(call.body()))
        .isEqualTo(
            json(
                "{'model':'claude','system':'Be kind.','messages':[{'role':'user','content':'Hi'}],"
                    + "'max_tokens':4096,'metadata':{'user_id':'u1'}}"));
  }

  @Test
  void anthropic_translatesAConversation() throws Exception {
    assertThat(body(anthropic(false), messages(CONVERSATION, PARAMS)))
        .isEqualTo(
            json(
                """
                {'model':'claude','system':'Be kind.\\n\\nBe brief.','messages':[
                  {'role':'user','content':[{'type':'text','text':'What is this?'},
                    {'type':'image','source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}},
                    {'type':'image','source':{'type':'url','url':'https://example.com/cat.jpg?size=1'}},
                    {'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'JVBERi0='},'title':'a.pdf'}]},
                  {'role':'assistant','content':[
                    {'type':'tool_use','id':'call_1','name':'look','input':{'at':1}},
                    {'type':'tool_use','id':'call_2','name':'wait','input':{}}]},
                  {'role':'user','content':[
                    {'type':'tool_result','tool_use_id':'call_1','content':'A cat.'},
                    {'type':'tool_result','tool_use_id':'call_2','content':'ok'}]},
                  {'role':'assistant','content':'A cat.'},
                  {'role':'user','content':'Sure?'}],
                 'max_tokens':50,'temperature':0.2,'top_p':0.9,'top_k':40,'stop_sequences':['END'],
                 'tools':[{'name':'look','description':'Looks.','input_schema':{'type':'object','properties':{'at':{'type':'integer'}}}}],
                 'tool_choice':{'type':'any'}}
                """));
  }

  @Test
  void gemini_translatesAConversation() throws Exception {
    PreparedCall call = gemini(false).prepare(messages(CONVERSATION, PARAMS), CallOptions.NONE);
    assertThat(call.uri()).hasToString("http://127.0.0.1:1/v1beta/models/g-1.5:generateContent");
    assertThat(Json.MAPPER.readTree(call.body()))
        .isEqualTo(
            json(
                """
                {'systemInstruction':{'parts':[{'text':'Be kind.\\n\\nBe brief.'}]},'contents':[
                  {'role':'user','parts':[{'text':'What is this?'},
                    {'inlineData':{'mimeType':'image/png','data':'iVBORw0KGgo='}},
                    {'fileData':{'fileUri':'https://example.com/cat.jpg?size=1','mimeType':'image/jpeg'}},
                    {'inlineData':{'mimeType':'application/pdf','data':'JVBERi0='}}]},
                  {'role':'model','parts':[
                    {'functionCall':{'name':'look','args':{'at':1}}},
                    {'functionCall':{'name':'wait','args':{}}}]},
                  {'role':'user','parts':[
                    {'functionResponse':{'name':'look','response':{'result':'A cat.'}}},
                    {'functionResponse':{'name':'wait','response':{'result':'ok'}}}]},
                  {'role':'model','parts':[{'text':'A cat.'}]},
                  {'role':'user','parts':[{'text':'Sure?'}]}],
                 'tools':[{'functionDeclarations':[{'name':'look','description':'Looks.','parametersJsonSchema':{'type':'object','properties':{'at':{'type':'integer'}}}}]}],
                 'toolConfig':{'functionCallingConfig':{'mode':'ANY'}},
                 'generationConfig':{'temperature':0.2,'topP':0.9,'topK':40,'maxOutputTokens':50,'stopSequences':['END'],'seed':7}}
                """));
  }

  @Test
  void gemini_putsOtherParamsWhereTheyBelong() throws Exception {
    assertThat(
            body(
                gemini(false),
                prompt(
                    "{'thinkingConfig':{'thinkingBudget':0},'n':2,'max_output_tokens':9,"
                        + "'generationConfig':{'responseModalities':['TEXT']},"
                        + "'safetySettings':[{'category':'c'}]}")))
        .isEqualTo(
            json(
                "{'systemInstruction':{'parts':[{'text':'Be kind.'}]},"
                    + "'contents':[{'role':'user','parts':[{'text':'Hi'}]}],"
                    + "'safetySettings':[{'category':'c'}],'generationConfig':{"
                    + "'thinkingConfig':{'thinkingBudget':0},'candidateCount':2,"
                    + "'maxOutputTokens':9,'responseModalities':['TEXT']}}"));
  }

  @Test
  void openAi_namesTheLimitOfOutputAsItsServersDo() throws Exception {
    JsonNode body = body(openAi(false), prompt("{'max_output_tokens':9,'top_k':3}"));
    assertThat(body.path("max_completion_tokens").asInt()).isEqualTo(9);
    assertThat(body.has("max_output_tokens")).isFalse();
    assertThat(body.path("top_k").asInt()).isEqualTo(3);
    assertThat(body.has("stream")).isFalse();
  }

  @Test
  void schema_isAskedFor_asEachProviderHasIt() throws Exception {
    var closed = new CallOptions(Optional.of(json(CLOSED)));
    JsonNode openAi = body(openAi(false), prompt("{}"), closed).path("response_format");
    assertThat(openAi)
        .isEqualTo(
            json(
                "{'type':'json_schema','json_schema':{'name':'answer','strict':true,'schema':"
                    + CLOSED
                    + "}}"));
    JsonNode anthropic =
        body(anthropic(false), prompt("{'output_config':{'effort':'low'}}"), closed);
    assertThat(anthropic.path("output_config"))
        .isEqualTo(
            json("{'effort':'low','format':{'type':'json_schema','schema':" + CLOSED + "}}"));
    assertThat(anthropic.path("system").asText()).isEqualTo("Be kind.");
    assertThat(body(gemini(false), prompt("{}"), closed).path("generationConfig"))
        .isEqualTo(
            json("{'responseMimeType':'application/json','responseJsonSchema':" + CLOSED + "}"));
  }

  @Test
  void schema_isToldTheModel_whereTheProviderCannotHoldItToIt() throws Exception {
    var open = new CallOptions(Optional.of(json(OPEN)));
    JsonNode openAi = body(openAi(false), prompt("{}"), open).path("response_format");
    assertThat(openAi.path("json_schema").path("strict").asBoolean(true)).isFalse();
    JsonNode anthropic = body(anthropic(false), prompt("{}"), open);
    assertThat(anthropic.has("output_config")).isFalse();
    assertThat(anthropic.path("system").asText())
        .startsWith("Be kind.\n\n")
        .contains(OPEN.replace('\'', '"'));
  }

  @Test
  void nativeBody_passesUntouched_butForModelAndStream() throws Exception {
    var claude =
        new LlmRequest.Native(
            "/v1/messages", json("{'model':'x','max_tokens':10,'new':[1,null],'stream':false}"));
    var open = new CallOptions(Optional.of(json(OPEN)));
    assertThat(body(anthropic(false), claude, open))
        .isEqualTo(json("{'model':'claude','max_tokens':10,'new':[1,null],'stream':false}"));
    assertThat(body(anthropic(true), claude).path("stream").asBoolean()).isTrue();
    var google =
        new LlmRequest.Native(
            "generateContent", json("{'model':'x','contents':[{}],'new':{'a':1},'stream':false}"));
    assertThat(body(gemini(false), google, open))
        .isEqualTo(json("{'contents':[{}],'new':{'a':1}}"));
    assertThat(google.body().has("model")).as("the job's own body").isTrue();
    var chat =
        new LlmRequest.Native(
            "/v1/chat/completions", json("{'messages':[],'stream_options':{'x':1}}"));
    assertThat(body(openAi(true), chat, open))
        .isEqualTo(
            json(
                "{'messages':[],'stream_options':{'x':1,'include_usage':true},'model':'gpt',"
                    + "'stream':true}"));
    assertThat(chat.body().path("stream_options").size()).as("the job's own body").isEqualTo(1);
  }

  @Test
  void streaming_isAskedFor_inEachProvidersWay() throws Exception {
    PreparedCall google = gemini(true).prepare(prompt("{}"), CallOptions.NONE);
    assertThat(google.streamed()).isTrue();
    assertThat(google.uri())
        .hasToString("http://127.0.0.1:1/v1beta/models/g-1.5:streamGenerateContent?alt=sse");
    JsonNode responses =
        body(openAi(true), new LlmRequest.Native("/v1/responses", json("{'input':'x'}")));
    assertThat(responses).isEqualTo(json("{'input':'x','model':'gpt','stream':true}"));
    PreparedCall vectors =
        openAi(true)
            .prepare(
                new LlmRequest.Native("/v1/embeddings", json("{'input':'x'}")), CallOptions.NONE);
    assertThat(vectors.streamed()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"21333, false", "21334, true", "64000, true"})
  void anthropic_streamsByItself_whenTheAnswerMayTakeTooLong(int maxTokens, boolean streamed)
      throws Exception {
    LlmRequest neutral = prompt("{'max_completion_tokens':" + maxTokens + "}");
    LlmRequest given =
        new LlmRequest.Native("/v1/messages", json("{'max_tokens':" + maxTokens + "}"));
    for (LlmRequest request : new LlmRequest[] {neutral, given}) {
      PreparedCall call = anthropic(false).prepare(request, CallOptions.NONE);
      assertThat(call.streamed()).isEqualTo(streamed);
      assertThat(Json.MAPPER.readTree(call.body()).has("stream")).isEqualTo(streamed);
    }
  }

  @Test
  void requests_areRefused_whenTheyCannotBeOneCallOfThisProvider() throws Exception {
    assertRefused(
        anthropic(false),
        new LlmRequest.Native("/v1/chat/completions", json("{}")),
        "/v1/messages");
    assertRefused(
        gemini(false), new LlmRequest.Native("/v1/messages", json("{}")), "generateContent");
    assertRefused(
        anthropic(false), new LlmRequest.Native("/v1/messages", json("{'stream':true}")), "stream");
    assertRefused(
        gemini(false), new LlmRequest.Native("generateContent", json("{'stream':true}")), "stream");
    assertRefused(anthropic(false), prompt("{'stream':true}"), "stream");
    assertRefused(anthropic(false), prompt("{'system':'x'}"), "params");
    assertRefused(gemini(false), prompt("{'contents':[]}"), "params");
    assertRefused(anthropic(false), messages("[{'role':'system','content':'x'}]", "{}"), "system");
    assertRefused(anthropic(false), messages("[{'role':'critic','content':'x'}]", "{}"), "role");
    assertRefused(gemini(false), messages("[{'role':'critic','content':'x'}]", "{}"), "role");
    assertRefused(
        gemini(false),
        messages("[{'role':'tool','tool_call_id':'c','content':'x'}]", "{}"),
        "tool_call_id");
    assertRefused(
        anthropic(false),
        messages("[{'role':'user','content':[{'type':'input_audio','input_audio':{}}]}]", "{}"),
        "input_audio");
  }

  private static void assertRefused(ProviderProtocol protocol, LlmRequest request, String named) {
    assertThatThrownBy(() -> protocol.prepare(request, CallOptions.NONE))
        .isInstanceOf(LlmException.Permanent.class)
        .hasMessageContaining(named)
        .hasMessageStartingWith("invalid_request");
  }

  @Test
  void vertex_isCalledAtItsLocation() {
    assertThat(
            GeminiAddress.ofVertex(Optional.empty(), "p-1", "europe-west4", "gemini-2.5-pro")
                .whole())
        .hasToString(
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4"
                + "/publishers/google/models/gemini-2.5-pro:generateContent");
    assertThat(GeminiAddress.ofVertex(Optional.empty(), "p-1", "global", "g").streamed())
        .hasToString(
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global"
                + "/publishers/google/models/g:streamGenerateContent?alt=sse");
    assertThat(GeminiAddress.ofApi(Optional.empty(), "odd?model#").whole())
        .hasToString(
            "https://generativelanguage.googleapis.com/v1beta/models/odd%3Fmodel%23:generateContent");
  }

  @Test
  void baseUrl_mayEndWithTheVersion() throws Exception {
    assertThat(
            new AnthropicProtocol(URI.create("http://127.0.0.1:1/proxy/v1"), "c", false, 1)
                .prepare(prompt("{}"), CallOptions.NONE)
                .uri())
        .hasToString("http://127.0.0.1:1/proxy/v1/messages");
    assertThat(GeminiAddress.ofApi(Optional.of(URI.create("http://127.0.0.1:1/v1")), "g").whole())
        .hasToString("http://127.0.0.1:1/v1/models/g:generateContent");
  }
}
