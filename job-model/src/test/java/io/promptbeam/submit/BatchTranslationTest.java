package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.LlmRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchTranslationTest {
  private static final String USER = "'messages':[{'role':'user','content':'hi'}]";

  private final Lines chat = Lines.openAi("/v1/chat/completions");
  private final Lines messages = Lines.anthropic();

  private static String quoted(Object json) {
    return json.toString().replace('"', '\'');
  }

  @Test
  void chat_isTranslated_withItsSystemMessagesApart() {
    var request =
        chat.translated(
            "{'model':'claude','messages':[{'role':'system','content':'A'},"
                + "{'role':'user','content':'hi','refusal':null},"
                + "{'role':'developer','content':[{'type':'text','text':'B'}]}],"
                + "'temperature':0.5,'top_p':0.9,'stop':['x'],'max_completion_tokens':9,"
                + "'n':1,'logprobs':false,'presence_penalty':0.0,'stream':false,'seed':null}");
    assertThat(request.systemMessage()).contains("A\n\nB");
    assertThat(quoted(request.messages()))
        .isEqualTo("[{'role':'user','content':'hi','refusal':null}]");
    assertThat(quoted(request.params()))
        .isEqualTo("{'temperature':0.5,'top_p':0.9,'stop':['x'],'max_output_tokens':9}");
  }

  @Test
  void chat_keepsToolsAndTheirResults() {
    String tools = "[{'type':'function','function':{'name':'f','parameters':{}}}]";
    String turns =
        "[{'role':'user','content':'hi'},"
            + "{'role':'assistant','content':null,'tool_calls':[{'id':'c','type':'function',"
            + "'function':{'name':'f','arguments':'{}'}}]},"
            + "{'role':'tool','tool_call_id':'c','content':'7'}]";
    var request = chat.translated("{'model':'gem','messages':" + turns + ",'tools':" + tools + "}");
    assertThat(quoted(request.messages())).isEqualTo(turns);
    assertThat(quoted(request.params())).isEqualTo("{'tools':" + tools + "}");
  }

  @Test
  void responseFormat_becomesWhatTheProviderCallsIt() {
    String format =
        "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':{'a':1}}}";
    assertThat(quoted(chat.translated("{'model':'gem'," + USER + "," + format + "}").params()))
        .isEqualTo("{'responseMimeType':'application/json','responseJsonSchema':{'a':1}}");
    assertThat(quoted(chat.translated("{'model':'claude'," + USER + "," + format + "}").params()))
        .isEqualTo("{'output_config':{'format':{'type':'json_schema','schema':{'a':1}}}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "claude | 'seed':1 | body.seed",
        "claude | 'n':2 | body.n",
        "claude | 'temperature':1.5 | body.temperature",
        "claude | 'response_format':{'type':'json_object'} | body.response_format",
        "claude | 'frequency_penalty':1 | body.frequency_penalty",
        "gem | 'logprobs':true | body.logprobs",
        "gem | 'parallel_tool_calls':false | body.parallel_tool_calls",
        "gem | 'surprise':1 | body.surprise",
        "gem | 'response_format':{'type':'x'} | body.response_format.type",
        "gem | 'tools':[{'type':'custom','custom':{}}] | body.tools[0]",
        "gem | 'max_tokens':0 | body.max_tokens",
        "gem | 'max_tokens':1,'max_completion_tokens':1 | body.max_tokens",
        "gem | 'stream':true | body.stream",
      })
  void chatSetting_isRefused_whenTheModelCannotHeedIt(String model, String setting, String param) {
    assertThat(chat.badBody("{'model':'" + model + "'," + USER + "," + setting + "}"))
        .isEqualTo("invalid_request " + param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 | [0]",
        "{'content':'x'} | [0].role",
        "{'role':'function','content':'x'} | [0].role",
        "{'role':'user'} | [0].content",
        "{'role':'user','name':'Ann','content':'x'} | [0].name",
        "{'role':'user','content':[{'type':'input_audio'}]} | [0].content[0]",
        "{'role':'user','content':[{'type':'file','file':{'file_id':'f'}}]} | [0].content[0].file",
        "{'role':'assistant','content':'x','function_call':{'name':'f'}} | [0].function_call",
        "{'role':'assistant','tool_calls':[{'id':'c','type':'custom'}]} | [0].tool_calls[0]",
        "{'role':'tool','tool_call_id':'c','content':'x'} | [0].tool_call_id",
        "{'role':'system','content':[{'type':'image_url'}]} | [0].content",
        "{'role':'system','content':'x'} | ''",
      })
  void chatMessage_isRefused_whenItCannotBeTranslated(String message, String param) {
    assertThat(chat.badBody("{'model':'claude','messages':[" + message + "]}"))
        .isEqualTo("invalid_request body.messages" + param);
  }

  @Test
  void messages_areNative_whenTheModelIsAnthropics() {
    var good =
        messages.good(messages.line("{'model':'claude','max_tokens':8,'top_k':5," + USER + "}"));
    var request = (LlmRequest.Native) good.request();
    assertThat(request.endpoint()).isEqualTo("/v1/messages");
    assertThat(quoted(request.body()))
        .isEqualTo("{'model':'claude','max_tokens':8,'top_k':5," + USER + "}");
    assertThat(good.outputTokens()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | missing_required_parameter custom_id",
        "{'custom_id':'a b','params':{}} | invalid_request custom_id",
        "{'custom_id':'ä','params':{}} | invalid_request custom_id",
        "{'custom_id':'','params':{}} | invalid_request custom_id",
        "{'custom_id':'a'} | missing_required_parameter params",
        "{'custom_id':'a','params':7} | invalid_request params",
        "{'custom_id':'a','params':{}} | missing_required_parameter params.model",
        "{'custom_id':'a','params':{'model':'x'}} | model_not_found params.model",
        "{'custom_id':'a','params':{'model':'sim'}} | missing_required_parameter params.messages",
        "{'custom_id':'a','params':{'model':'sim',U}} | missing_required_parameter"
            + " params.max_tokens",
        "{'custom_id':'a','params':{'model':'sim',U,'max_tokens':0}} | invalid_request"
            + " params.max_tokens",
        "{'custom_id':'a','params':{'model':'sim',U,'max_tokens':1.5}} | invalid_request"
            + " params.max_tokens",
        "{'custom_id':'a','params':{'model':'claude',U,'stream':true}} | invalid_request"
            + " params.stream",
        "{'custom_id':'a','body':{}} | invalid_request body",
      })
  void anthropicLine_isRefused_whenItIsIncompleteOrWrong(String line, String problem) {
    assertThat(messages.bad(line.replace("U", USER))).isEqualTo(problem);
  }

  @Test
  void anthropicId_mayHave64Characters() {
    String line = messages.line("{'model':'sim','max_tokens':1," + USER + "}");
    messages.good(line.replace("'a'", "'" + "aZ09_-".repeat(10) + "abcd'"));
    assertThat(messages.bad(line.replace("'a'", "'" + "a".repeat(65) + "'")))
        .isEqualTo("invalid_request custom_id");
  }

  @Test
  void messages_areTranslated_whenTheModelIsAnothers() {
    var request =
        messages.translated(
            "{'model':'sim','max_tokens':8,'temperature':0.5,'top_p':0.9,'stop_sequences':['x'],"
                + "'metadata':{'user_id':'u'},'thinking':{'type':'disabled'},"
                + "'system':[{'type':'text','text':'A','cache_control':{'type':'ephemeral'}},"
                + "{'type':'text','text':'B'}],"
                + "'messages':[{'role':'user','content':[{'type':'text','text':'look'},"
                + "{'type':'image','source':{'type':'base64','media_type':'image/png',"
                + "'data':'AAAA'}}]},{'role':'assistant','content':'{'}]}");
    assertThat(request.systemMessage()).contains("A\n\nB");
    assertThat(quoted(request.messages()))
        .isEqualTo(
            "[{'role':'user','content':[{'type':'text','text':'look'},"
                + "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]},"
                + "{'role':'assistant','content':'{'}]");
    assertThat(quoted(request.params()))
        .isEqualTo("{'max_output_tokens':8,'temperature':0.5,'top_p':0.9,'stop':['x'],'user':'u'}");
  }

  @Test
  void toolUse_becomesCallsAndResults() {
    var request =
        messages.translated(
            "{'model':'gem','max_tokens':8,'tools':[{'name':'f','input_schema':{'type':'object'}}],"
                + "'tool_choice':{'type':'any'},'messages':[{'role':'user','content':'hi'},"
                + "{'role':'assistant','content':[{'type':'tool_use','id':'c','name':'f',"
                + "'input':{'q':1.50}}]},{'role':'user','content':[{'type':'tool_result',"
                + "'tool_use_id':'c','content':[{'type':'text','text':'7'}]},"
                + "{'type':'text','text':'go'}]}]}");
    assertThat(quoted(request.messages()))
        .isEqualTo(
            "[{'role':'user','content':'hi'},{'role':'assistant','content':null,'tool_calls':"
                + "[{'id':'c','type':'function','function':{'name':'f','arguments':"
                + "'{\\'q\\':1.50}'}}]},{'role':'tool','tool_call_id':'c','content':'7'},"
                + "{'role':'user','content':[{'type':'text','text':'go'}]}]");
    assertThat(quoted(request.params()))
        .isEqualTo(
            "{'max_output_tokens':8,'tools':[{'type':'function','function':{'name':'f',"
                + "'parameters':{'type':'object'}}}],'tool_choice':'required'}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sim | 'top_k':5 | top_k",
        "sim | 'thinking':{'type':'enabled','budget_tokens':1024} | thinking",
        "sim | 'tools':[{'type':'web_search_20250305','name':'w'}] | tools[0]",
        "sim | 'stop_sequences':'x' | stop_sequences",
        "sim | 'mcp_servers':[{}] | mcp_servers",
        "sim | 'system':[{'type':'image'}] | system[0]",
        "sim | 'output_config':{'effort':'low'} | output_config.effort",
        "gem | 'tool_choice':{'type':'auto','disable_parallel_tool_use':true}"
            + " | tool_choice.disable_parallel_tool_use",
      })
  void anthropicSetting_isRefused_whenTheModelCannotHeedIt(
      String model, String setting, String param) {
    assertThat(
            messages.badBody(
                "{'model':'" + model + "','max_tokens':1," + USER + "," + setting + "}"))
        .isEqualTo("invalid_request params." + param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'role':'system','content':'x'} | [0].role",
        "{'role':'user'} | [0].content",
        "{'role':'user','content':[{'type':'thinking','thinking':'x'}]} | [0].content[0]",
        "{'role':'user','content':[{'type':'tool_use','id':'c','name':'f'}]} | [0].content[0]",
        "{'role':'user','content':[{'type':'text','text':'x','citations':[{}]}]}"
            + " | [0].content[0].citations",
        "{'role':'user','content':[{'type':'document','source':{'type':'text'}}]}"
            + " | [0].content[0].source",
        "{'role':'user','content':[{'type':'tool_result','tool_use_id':'c','is_error':true}]}"
            + " | [0].content[0].is_error",
      })
  void anthropicMessage_isRefused_whenItCannotBeTranslated(String message, String param) {
    assertThat(messages.badBody("{'model':'gem','max_tokens':1,'messages':[" + message + "]}"))
        .isEqualTo("invalid_request params.messages" + param);
  }
}
