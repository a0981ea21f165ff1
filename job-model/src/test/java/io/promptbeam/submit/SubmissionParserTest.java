package io.promptbeam.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Simulation;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.JobStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubmissionParserTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00.123456Z");
  private static final Owner OWNER = new Owner("ann");

  private final SubmissionParser parser = new SubmissionParser(catalog());

  private static ModelCatalog catalog() {
    return new ModelCatalog(
        List.of(
            model("m", ProviderKind.SIMULATED, 1_000),
            model("claude", ProviderKind.ANTHROPIC, 1_000),
            model("gem", ProviderKind.GEMINI, 10_000)));
  }

  private static ModelConfig model(String id, ProviderKind provider, long tokensPerMinute) {
    return new ModelConfig(
        id,
        provider,
        Optional.empty(),
        Optional.empty(),
        id,
        new RateLimits(60, tokensPerMinute, 10),
        Pricing.FREE,
        Timeouts.DEFAULT,
        provider == ProviderKind.SIMULATED ? Optional.of(Simulation.DEFAULT) : Optional.empty());
  }

  private static JsonNode json(String text) {
    try {
      return StrictJson.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    } catch (MalformedJsonException e) {
      throw new AssertionError(e);
    }
  }

  private Submission parse(String body) throws InvalidSubmissionException {
    return parser.parse(json(body), OWNER, Optional.empty(), NOW);
  }

  private Submission parse(String body, String key) throws InvalidSubmissionException {
    return parser.parse(json(body), OWNER, Optional.of(key), NOW);
  }

  private LlmRequest.Native nativeRequest(String request) throws InvalidSubmissionException {
    return (LlmRequest.Native) parse("{'model_id':'m','request':" + request + "}").request();
  }

  @Test
  void notBefore_movesTheDeadline() throws Exception {
    var limits =
        parse(
                "{'model_id':'m','full_input':'x','deadline_seconds':60,"
                    + "'not_before':'2026-03-31t12:00:00.1239+02:00'}")
            .spec()
            .limits();
    assertThat(limits.notBefore()).contains(Instant.parse("2026-03-31T10:00:00.123Z"));
    assertThat(limits.deadline()).isEqualTo(Instant.parse("2026-03-31T10:01:00.123Z"));
  }

  @Test
  void notBefore_isNone_whenItHasPassed() throws Exception {
    var limits =
        parse("{'model_id':'m','full_input':'x','not_before':'2026-03-01T10:00:00Z'}")
            .spec()
            .limits();
    assertThat(limits.notBefore()).isEmpty();
    assertThat(limits.deadline()).isEqualTo(Instant.parse("2026-03-02T10:00:00.123Z"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tomorrow",
        "2026-03-02",
        "2026-03-02T10:00:00",
        "2026-03-02 10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-03-31T10:00:01Z",
        "+999999999-01-01T00:00:00Z"
      })
  void notBefore_isRefused_whenItIsNoTimeOrTooFarAhead(String time) {
    String body = "{'model_id':'m','full_input':'x','not_before':'" + time + "'}";
    var refused = catchThrowableOfType(InvalidSubmissionException.class, () -> parse(body));
    assertThat(refused.code()).isEqualTo("invalid_value");
    assertThat(refused.field()).isEqualTo("not_before");
  }

  @Test
  void submission_hasDefaults_whenOnlyRequiredFieldsAreGiven() throws Exception {
    Submission submission = parse("{'model_id':'m','full_input':'12345678'}");
    var spec = submission.spec();
    assertThat(spec.createdAt()).isEqualTo(Instant.parse("2026-03-01T10:00:00.123Z"));
    assertThat(spec.owner()).isEqualTo(OWNER);
    assertThat(spec.modelId()).isEqualTo("m");
    assertThat(spec.labels()).isEqualTo(JobLabels.ofType(JobLabels.GENERIC));
    assertThat(spec.limits().priority()).isEqualTo(Priority.INTERACTIVE);
    assertThat(spec.limits().maxAttempts()).isEqualTo(3);
    assertThat(spec.limits().deadline()).isEqualTo(spec.createdAt().plus(Duration.ofHours(24)));
    assertThat(spec.limits().tokenEstimate()).isEqualTo(2 + 256);
    assertThat(spec.requestHash()).isEmpty();
    assertThat(submission.request())
        .isEqualTo(new LlmRequest.Prompt(Optional.empty(), "12345678", StrictJson.object()));
  }

  @Test
  void submission_carriesEveryOptionalField() throws Exception {
    Submission submission =
        parse(
            "{'model_id':'m','messages':[{'role':'user','content':'hi'}],'system_message':'s',"
                + "'params':{'max_tokens':7},'job_type':'t','metadata':{'a':'b'},'priority':'batch',"
                + "'deadline_seconds':60,'max_attempts':10}");
    var spec = submission.spec();
    assertThat(spec.labels().jobType()).isEqualTo("t");
    assertThat(spec.labels().metadata()).isEqualTo(Map.of("a", "b"));
    assertThat(spec.limits().priority()).isEqualTo(Priority.BATCH);
    assertThat(spec.limits().maxAttempts()).isEqualTo(10);
    assertThat(spec.limits().deadline()).isEqualTo(spec.createdAt().plusSeconds(60));
    // 'user', 'hi' and 's' are 7 characters, 2 tokens.
    assertThat(spec.limits().tokenEstimate()).isEqualTo(2 + 7);
    var messages = (LlmRequest.Messages) submission.request();
    assertThat(messages.systemMessage()).contains("s");
    assertThat(messages.params().path("max_tokens").intValue()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | wrong_type | body",
        "{'full_input':'x'} | missing_field | model_id",
        "{'model_id':null,'full_input':'x'} | missing_field | model_id",
        "{'model_id':7,'full_input':'x'} | wrong_type | model_id",
        "{'model_id':'other','full_input':'x'} | unknown_model | model_id",
        "{'model_id':'m'} | missing_field | full_input",
        "{'model_id':'m','full_input':' '} | invalid_value | full_input",
        "{'model_id':'m','full_input':7} | wrong_type | full_input",
        "{'model_id':'m','full_input':'x','nope':1} | unknown_field | nope",
        "{'model_id':'m','full_input':'x','question_id':'q'} | unknown_field | question_id",
        "{'model_id':'m','full_input':'x','messages':[]} | invalid_value | messages",
        "{'model_id':'m','full_input':'x','request':{}} | invalid_value | request",
        "{'model_id':'m','messages':[]} | wrong_type | messages",
        "{'model_id':'m','messages':['x']} | wrong_type | messages[0]",
        "{'model_id':'m','messages':[{'content':'x'}]} | wrong_type | messages[0].role",
        "{'model_id':'m','messages':[{'role':'user'}]} | wrong_type | messages[0].content",
        "{'model_id':'m','request':'x'} | wrong_type | request",
        "{'model_id':'m','request':{}} | invalid_value | request",
        "{'model_id':'m','request':{'messages':'x'}} | wrong_type | request.messages",
        "{'model_id':'m','request':{'input':7}} | wrong_type | request.input",
        "{'model_id':'m','request':{'prompt':''}} | wrong_type | request.prompt",
        "{'model_id':'m','request':{'input':'x','stream':true}} | invalid_value | request.stream",
        "{'model_id':'m','request':{'input':'x'},'system_message':'s'} | invalid_value |"
            + " system_message",
        "{'model_id':'m','request':{'input':'x'},'params':{}} | invalid_value | params",
        "{'model_id':'m','request':{'url':'/v1/nope','body':{}}} | invalid_value | request.url",
        "{'model_id':'m','request':{'url':'/v1/responses'}} | wrong_type | request.body",
        "{'model_id':'m','request':{'url':'/v1/responses','body':{}}} | missing_field |"
            + " request.body.input",
        "{'model_id':'m','request':{'url':'/v1/responses','method':'GET','body':{'input':'x'}}} |"
            + " invalid_value | request.method",
        "{'model_id':'m','request':{'url':'/v1/responses','x':1,'body':{'input':'x'}}} |"
            + " unknown_field | request",
        "{'model_id':'m','full_input':'x','params':[]} | wrong_type | params",
        "{'model_id':'m','full_input':'x','params':{'stream':true}} | invalid_value | params.stream",
        "{'model_id':'m','full_input':'x','params':{'model':'y'}} | invalid_value | params.model",
        "{'model_id':'m','full_input':'x','metadata':[]} | wrong_type | metadata",
        "{'model_id':'m','full_input':'x','metadata':{'a':1}} | wrong_type | metadata.a",
        "{'model_id':'m','full_input':'x','metadata':{'':'v'}} | invalid_value | metadata.",
        "{'model_id':'m','full_input':'x','priority':'high'} | invalid_value | priority",
        "{'model_id':'m','full_input':'x','deadline_seconds':0} | invalid_value | deadline_seconds",
        "{'model_id':'m','full_input':'x','deadline_seconds':604801} | invalid_value |"
            + " deadline_seconds",
        "{'model_id':'m','full_input':'x','deadline_seconds':'60'} | wrong_type | deadline_seconds",
        "{'model_id':'m','full_input':'x','deadline_seconds':1.5} | wrong_type | deadline_seconds",
        "{'model_id':'m','full_input':'x','max_attempts':11} | invalid_value | max_attempts",
        "{'model_id':'m','full_input':'x','max_attempts':99999999999999999999} | invalid_value |"
            + " max_attempts",
        "{'model_id':'m','full_input':'x','job_type':true} | wrong_type | job_type",
        "{'model_id':'m','full_input':'x','system_message':7} | wrong_type | system_message",
      })
  void submission_isRefusedNamingTheField_whenItBreaksARule(
      String body, String code, String field) {
    var refusal = catchThrowableOfType(InvalidSubmissionException.class, () -> parse(body));
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.field()).isEqualTo(field == null ? "" : field);
    assertThat(refusal).hasMessageMatching("(?s)[A-Z].{10,}");
  }

  @Test
  void lengths_areBounded() {
    String start = "{'model_id':'m','full_input':'x',";
    for (String field :
        List.of(
            "'job_type':'" + "t".repeat(65) + "'",
            "'metadata':{'" + "k".repeat(65) + "':'v'}",
            "'metadata':{'k':'" + "v".repeat(513) + "'}",
            "'metadata':" + pairs(17))) {
      var refusal =
          catchThrowableOfType(InvalidSubmissionException.class, () -> parse(start + field + "}"));
      assertThat(refusal).as(field).isNotNull();
      assertThat(refusal.code()).isEqualTo("invalid_value");
    }
  }

  @Test
  void lengths_areAcceptedAtTheirBounds() throws Exception {
    var labels =
        parse(
                "{'model_id':'m','full_input':'x','job_type':'"
                    + "t".repeat(64)
                    + "','metadata':"
                    + pairs(16)
                    + ",'deadline_seconds':604800,'max_attempts':1}")
            .spec()
            .labels();
    assertThat(labels.metadata()).hasSize(16);
    assertThat(labels.jobType()).hasSize(64);
  }

  private static String pairs(int count) {
    StringBuilder pairs = new StringBuilder("{");
    for (int i = 0; i < count; i++) {
      pairs.append(i == 0 ? "" : ",").append("'k").append(i).append("':'v'");
    }
    return pairs.append('}').toString();
  }

  @Test
  void request_isRefused_whenItNeedsMoreThanAMinutesTokens() {
    String body = "{'model_id':'m','full_input':'hello','params':{'max_tokens':%d}}";
    assertThat(catchThrowableOfType(Exception.class, () -> parse(body.formatted(998)))).isNull();
    var refusal =
        catchThrowableOfType(InvalidSubmissionException.class, () -> parse(body.formatted(999)));
    assertThat(refusal.code()).isEqualTo("too_many_tokens");
    assertThat(refusal.field()).isEqualTo("full_input");
    assertThat(refusal).hasMessageContaining("1,001").hasMessageContaining("1,000 a minute");
  }

  @Test
  void request_isRefused_whenItIsLargerThanTheStoreKeeps() {
    String body =
        "{'model_id':'m','full_input':'" + "x".repeat(JobStore.MAX_REQUEST_BYTES + 1) + "'}";
    var refusal = catchThrowableOfType(InvalidSubmissionException.class, () -> parse(body));
    assertThat(refusal.code()).isEqualTo("too_large");
    assertThat(refusal.field()).isEqualTo("full_input");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'messages':[{'role':'user','content':'x'}]} | /v1/chat/completions",
        "{'input':'x'} | /v1/responses",
        "{'input':'x','stream':false} | /v1/responses",
        "{'input':['x'],'encoding_format':'float'} | /v1/embeddings",
        "{'input':'x','dimensions':8} | /v1/embeddings",
        "{'prompt':'x'} | /v1/completions",
        "{'url':'/v1/embeddings','method':'POST','body':{'input':'x'}} | /v1/embeddings",
        "{'custom_id':'c','url':'/v1/responses','body':{'input':'x'}} | /v1/responses",
      })
  void request_goesToTheEndpointItsFieldsTell(String request, String endpoint) throws Exception {
    var parsed = nativeRequest(request);
    assertThat(parsed.endpoint()).isEqualTo(endpoint);
    assertThat(parsed.body().has("url")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "claude | {'max_tokens':9,'messages':[{'role':'user','content':'x'}]} | /v1/messages",
        "claude | {'url':'/v1/messages','body':{'messages':[{}]}} | /v1/messages",
        "gem | {'contents':[{'parts':[{'text':'x'}]}]} | generateContent",
        "gem | {'url':'generateContent','body':{'contents':[{}]}} | generateContent",
        "gem | {'url':'/v1beta/models/a-1.5:generateContent','body':{'contents':[{}]}} |"
            + " generateContent",
        "gem | {'url':'/v1/projects/p/locations/l/publishers/google/models/a:generateContent',"
            + "'body':{'contents':[{}]}} | generateContent",
      })
  void request_goesToTheEndpointOfItsModelsProvider(String model, String request, String endpoint)
      throws Exception {
    var parsed =
        (LlmRequest.Native)
            parse("{'model_id':'" + model + "','request':" + request + "}").request();
    assertThat(parsed.endpoint()).isEqualTo(endpoint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "claude | {'url':'/v1/chat/completions','body':{'messages':[{}]}} | request.url |"
            + " /v1/messages",
        "claude | {'input':'x'} | request | /v1/messages",
        "m | {'url':'/v1/messages','body':{'messages':[{}]}} | request.url | /v1/chat/completions",
        "m | {'contents':[{}]} | request | /v1/responses",
        "gem | {'url':'/v1beta/models/a:streamGenerateContent','body':{'contents':[{}]}} |"
            + " request.url | /v1beta/models/MODEL:generateContent",
        "gem | {'messages':[{}]} | request | /v1beta/models/MODEL:generateContent",
        "gem | {'contents':{}} | request.contents | at least one",
      })
  void request_isRefused_whenItsModelsProviderHasNoSuchEndpoint(
      String model, String request, String field, String named) {
    assertThatThrownBy(() -> parse("{'model_id':'" + model + "','request':" + request + "}"))
        .isInstanceOfSatisfying(
            InvalidSubmissionException.class,
            refused -> {
              assertThat(refused.field()).contains(field);
              assertThat(refused.getMessage()).contains(named);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'contents':[{'parts':[{'text':'12345678'}]}],'generationConfig':{'maxOutputTokens':90}} |"
            + " 92",
        "{'contents':[{'parts':[{'inlineData':{'mimeType':'image/png','data':'AAAA'}}]}]} | 1256",
      })
  void estimate_readsGeminisOwnBody(String request, long tokens) throws Exception {
    var spec = parse("{'model_id':'gem','request':" + request + "}").spec();
    assertThat(spec.limits().tokenEstimate()).isEqualTo(tokens);
  }

  @Test
  void request_keepsEveryDigit() throws Exception {
    var body = nativeRequest("{'input':'x','temperature':0.10,'seed':12345678901234567890}").body();
    assertThat(body.toString())
        .isEqualTo("{\"input\":\"x\",\"temperature\":0.10,\"seed\":12345678901234567890}");
  }

  @Test
  void estimate_hasNoOutput_forEmbeddings() throws Exception {
    var spec = parse("{'model_id':'m','request':{'input':'12345678','dimensions':4}}").spec();
    assertThat(spec.limits().tokenEstimate()).isEqualTo(2);
  }

  @Test
  void customId_labelsTheJob_whenTheRequestIsABatchLine() throws Exception {
    var spec =
        parse(
                "{'model_id':'m','request':{'custom_id':'c','url':'/v1/responses','body':{'input':'x'}}}")
            .spec();
    assertThat(spec.labels().customId()).contains("c");
  }

  @Test
  void idempotencyKey_decidesIdAndHash_whateverTheOrderOfKeys() throws Exception {
    var one = parse("{'model_id':'m','full_input':'x','metadata':{'a':'1','b':'2'}}", "k").spec();
    var two = parse("{'metadata':{'b':'2','a':'1'},'full_input':'x','model_id':'m'}", "k").spec();
    var other = parse("{'model_id':'m','full_input':'y'}", "k").spec();
    assertThat(one.id()).isEqualTo(JobId.forIdempotencyKey(OWNER, "k")).isEqualTo(two.id());
    assertThat(one.requestHash()).isPresent().isEqualTo(two.requestHash());
    assertThat(other.id()).isEqualTo(one.id());
    assertThat(other.requestHash()).isPresent().isNotEqualTo(one.requestHash());
  }

  @Test
  void idempotencyKey_isRefused_whenLongEmptyOrNotPrintable() {
    for (String key : List.of("", "k".repeat(256), "a\tb", "é")) {
      var refusal =
          catchThrowableOfType(
              InvalidSubmissionException.class,
              () -> parse("{'model_id':'m','full_input':'x'}", key));
      assertThat(refusal).as(key).isNotNull();
      assertThat(refusal.field()).isEqualTo("Idempotency-Key");
    }
  }

  @Test
  void trainerAnalysis_isLabelledByItsQuestion() throws Exception {
    JsonNode body =
        json("{'model_id':'m','question_id':'q1','system_message':'s','full_input':'x'}");
    var submission = parser.parseTrainerAnalysis(body, OWNER, Optional.of("k"), NOW);
    assertThat(submission.spec().labels().jobType()).isEqualTo("trainer_question_analysis");
    assertThat(submission.spec().labels().questionId()).contains("q1");
    assertThat(((LlmRequest.Prompt) submission.request()).systemMessage()).contains("s");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model_id':'m','full_input':'x'} | missing_field | question_id",
        "{'model_id':'m','question_id':'q'} | missing_field | full_input",
        "{'model_id':'m','question_id':7,'full_input':'x'} | wrong_type | question_id",
        "{'model_id':'m','question_id':'q','full_input':'x','job_type':'t'} | unknown_field |"
            + " job_type",
        "{'model_id':'m','question_id':'q','messages':[]} | unknown_field | messages",
      })
  void trainerAnalysis_isRefusedNamingTheField_whenItBreaksARule(
      String body, String code, String field) {
    var refusal =
        catchThrowableOfType(
            InvalidSubmissionException.class,
            () -> parser.parseTrainerAnalysis(json(body), OWNER, Optional.empty(), NOW));
    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.field()).isEqualTo(field);
  }
}
