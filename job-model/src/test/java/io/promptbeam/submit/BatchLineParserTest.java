package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.LineProblem;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.store.JobStore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchLineParserTest {
  private static final String BODY = "{'model':'gpt','messages':[{'role':'user','content':'hi'}]}";
  private static final String CHAT = "'url':'/v1/chat/completions'";

  private final Lines chat = Lines.openAi("/v1/chat/completions");

  @Test
  void line_becomesANativeRequest_whenTheProviderSpeaksTheProtocol() {
    var good = chat.good(chat.line(BODY));
    assertThat(good.customId()).isEqualTo("a");
    assertThat(good.modelId()).isEqualTo("gpt");
    var request = (LlmRequest.Native) good.request();
    assertThat(request.endpoint()).isEqualTo("/v1/chat/completions");
    assertThat(request.body().toString()).isEqualTo(BODY.replace('\'', '"'));
    assertThat(good.inputTokens()).isEqualTo(2); // "user" and "hi", by four
    assertThat(good.outputTokens()).isEqualTo(256);
  }

  @Test
  void line_keepsEveryDigitAndCharacter() {
    String body =
        "{'model':'sim','temperature':0.10,'seed':12345678901234567890,"
            + "'messages':[{'role':'user','content':'ä𝄞\\u0000 日本'}]}";
    var request = (LlmRequest.Native) chat.good(chat.line(body)).request();
    assertThat(request.body().path("temperature").toString()).isEqualTo("0.10");
    assertThat(request.body().path("seed").toString()).isEqualTo("12345678901234567890");
    assertThat(request.body().at("/messages/0/content").asText()).isEqualTo("ä𝄞\0 日本");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/responses, input",
    "/v1/embeddings, input",
    "/v1/completions, prompt",
    "/v1/chat/completions, messages"
  })
  void body_needsItsEndpointsInput(String endpoint, String input) {
    Lines lines = Lines.openAi(endpoint);
    String value = input.equals("messages") ? "[{'role':'user','content':'x'}]" : "'x'";
    var good = lines.good(lines.line("{'model':'gpt','" + input + "':" + value + "}"));
    assertThat(((LlmRequest.Native) good.request()).endpoint()).isEqualTo(endpoint);
    String missing = "missing_required_parameter body." + input;
    assertThat(lines.badBody("{'model':'gpt'}")).isEqualTo(missing);
    assertThat(lines.badBody("{'model':'gpt','" + input + "':null}")).isEqualTo(missing);
    assertThat(lines.badBody("{'model':'gpt','" + input + "':[]}"))
        .isEqualTo("invalid_request body." + input);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | missing_required_parameter custom_id",
        "{'custom_id':null} | missing_required_parameter custom_id",
        "{'custom_id':7} | invalid_request custom_id",
        "{'custom_id':''} | invalid_request custom_id",
        "{'custom_id':'\\ud83d'} | invalid_request custom_id",
        "{'custom_id':'a'} | missing_required_parameter method",
        "{'custom_id':'a','method':'GET'} | invalid_url method",
        "{'custom_id':'a','method':1} | invalid_url method",
        "{'custom_id':'a','method':'POST'} | missing_required_parameter url",
        "{'custom_id':'a','method':'POST','url':'/v1/embeddings'} | invalid_url url",
        "{'custom_id':'a','method':'POST','url':'https://x/v1/chat/completions'} | invalid_url url",
        "{'custom_id':'a','method':'POST',CHAT} | missing_required_parameter body",
        "{'custom_id':'a','method':'POST',CHAT,'body':[]} | invalid_request body",
        "{'custom_id':'a','method':'POST',CHAT,'body':{}} | missing_required_parameter body.model",
        "{'custom_id':'a','method':'POST',CHAT,'body':{'model':1}} | invalid_request body.model",
        "{'custom_id':'a','method':'POST',CHAT,'body':{'model':'x'}} | model_not_found body.model",
        "{'custom_id':'a','methods':'POST'} | invalid_request methods",
      })
  void envelope_isRefused_whenItIsIncompleteOrWrong(String line, String problem) {
    assertThat(chat.bad(line.replace("CHAT", CHAT))).isEqualTo(problem);
  }

  @Test
  void model_isFoundByOurId_notByTheProviders() {
    assertThat(chat.badBody(BODY.replace("gpt", "gpt-upstream")))
        .isEqualTo("model_not_found body.model");
    assertThat(chat.badBody(BODY.replace("gpt", "x".repeat(5_000))))
        .isEqualTo("model_not_found body.model");
  }

  @Test
  void customId_mayHave512Characters() {
    String line = chat.line(BODY);
    assertThat(chat.good(line.replace("'a'", "'" + "ä".repeat(512) + "'")).customId()).hasSize(512);
    assertThat(chat.bad(line.replace("'a'", "'" + "ä".repeat(513) + "'")))
        .isEqualTo("invalid_request custom_id");
  }

  @Test
  void stream_isRefused_unlessItIsFalse() {
    assertThat(chat.badBody(BODY.replace("{'model'", "{'stream':true,'model'")))
        .isEqualTo("invalid_request body.stream");
    chat.good(chat.line(BODY.replace("{'model'", "{'stream':false,'model'")));
  }

  @Test
  void background_isRefused() {
    Lines lines = Lines.openAi("/v1/responses");
    assertThat(lines.badBody("{'model':'gpt','input':'x','background':true}"))
        .isEqualTo("invalid_request body.background");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "'x'",
        "null",
        "{",
        "{'custom_id':'a'",
        "{'custom_id':secret}",
        "{'custom_id':'a','custom_id':'b'}",
        "{} {}",
        "{'a':-1e-99999999999}",
        "\uFEFF{}"
      })
  void notAnObject_isAnInvalidLine(String line) {
    assertThat(chat.bad(line)).isEqualTo("invalid_json_line ");
  }

  @Test
  void problems_quoteNothingOfTheLine() {
    for (String line :
        List.of(
            "{'custom_id':secret}",
            "'secret'",
            chat.line("{'model':'secret'}"),
            chat.line("{'model':'gpt','messages':'secret'}"))) {
      var problem = ((BatchLineParser.Parsed.Bad) chat.parse(1, Lines.json(line))).problem();
      assertThat(problem.toString()).as(line).doesNotContain("secret");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "ISO-8859-1"})
  void otherEncodings_areRefused(String charset) {
    byte[] line =
        chat.line(BODY.replace("hi", "hé")).replace('\'', '"').getBytes(Charset.forName(charset));
    assertThat(Lines.bad(chat.parse(1, line), 1)).isEqualTo("invalid_json_line ");
    assertThat(Lines.bad(chat.parse(2, line), 2)).isEqualTo("invalid_json_line ");
  }

  @Test
  void brokenUtf8_isRefused_whereParsersLetItPass() {
    for (byte[] broken :
        new byte[][] {{(byte) 0xC0, (byte) 0xAF}, {(byte) 0xED, (byte) 0xA0, (byte) 0x80}}) {
      byte[] before = Lines.json("{'custom_id':'");
      var line = new ByteArrayOutputStream();
      line.writeBytes(before);
      line.writeBytes(broken);
      line.writeBytes(Lines.json("'}"));
      assertThat(Lines.bad(chat.parse(3, line.toByteArray()), 3)).isEqualTo("invalid_json_line ");
    }
  }

  @Test
  void byteOrderMark_isStripped_onTheFirstLineOnly() {
    byte[] line = Lines.json("\uFEFF" + chat.line(BODY));
    assertThat(chat.parse(1, line)).isInstanceOf(BatchLineParser.Parsed.Good.class);
    assertThat(Lines.bad(chat.parse(2, line), 2)).isEqualTo("invalid_json_line ");
  }

  @Test
  void longerLineThanMayBe_isSaidToBe() {
    assertThat(Lines.bad(chat.tooLong(9), 9)).isEqualTo("token_limit_exceeded ");
  }

  @Test
  void request_mayBeAsLargeAsTheStoreTakes_andNoLarger() {
    String whole = chat.line(BODY.replace("'gpt'", "'sim'"));
    int around = "{\"form\":\"native\",\"endpoint\":\"/v1/chat/completions\",\"body\":}".length();
    int rest = JobStore.MAX_REQUEST_BYTES - around - BODY.length();
    chat.good(whole.replace("'hi'", "'" + "x".repeat(rest + 2) + "'"));
    assertThat(chat.bad(whole.replace("'hi'", "'" + "x".repeat(rest + 3) + "'")))
        .isEqualTo("token_limit_exceeded body.messages");
  }

  @Test
  void smallLine_isMeasured_whenItGrowsInTheStore() {
    // Beyond the basic plane a character is stored as twelve bytes.
    String many = "😀".repeat(JobStore.MAX_REQUEST_BYTES / 12 + 1);
    assertThat(many.getBytes(StandardCharsets.UTF_8).length)
        .isLessThan(JobStore.MAX_REQUEST_BYTES / 2);
    assertThat(chat.badBody(BODY.replace("hi", many)))
        .isEqualTo("token_limit_exceeded body.messages");
  }

  @Test
  void request_isRefused_whenItExceedsAMinutesTokens() {
    String body = BODY.replace("'gpt'", "'tiny'");
    chat.good(chat.line(body));
    assertThat(chat.badBody(body.replace("{'model'", "{'max_tokens':400,'model'")))
        .isEqualTo("token_limit_exceeded body.messages");
  }

  @Test
  void embeddings_areRefused_whenTheModelHasNone() {
    Lines lines = Lines.openAi("/v1/embeddings");
    for (String model : List.of("claude", "gem")) {
      var parsed = lines.parse(7, Lines.json(lines.line("{'model':'" + model + "','input':'x'}")));
      LineProblem problem = ((BatchLineParser.Parsed.Bad) parsed).problem();
      assertThat(problem.code() + problem.param()).isEqualTo("invalid_requestbody.model");
      assertThat(problem.message()).contains("/v1/embeddings");
    }
  }
}
