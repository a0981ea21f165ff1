package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors in the shape the providers document. In the bodies, {@code `} stands for {@code "}. */
class ErrorClassesTest {
  private static final ProviderProtocol OPENAI =
      new OpenAiProtocol(URI.create("http://127.0.0.1:1/v1"), "m", false);
  private static final ProviderProtocol ANTHROPIC =
      new AnthropicProtocol(AnthropicProtocol.DEFAULT_BASE_URL, "m", false, 100);
  private static final ProviderProtocol GEMINI =
      new GeminiProtocol(GeminiAddress.ofApi(Optional.empty(), "m"), false);

  private static JsonNode json(String body) throws Exception {
    return Json.MAPPER.readTree(body.replace('`', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429|insufficient_quota|insufficient_quota|You exceeded your current quota|QUOTA_EXHAUSTED",
        "429|requests|rate_limit_exceeded|Rate limit reached for gpt-4o|BY_STATUS",
        "429|tokens|rate_limit_exceeded|Request too large for gpt-4o in organization|INVALID_REQUEST",
        "400|invalid_request_error|context_length_exceeded|This model's maximum|CONTEXT_LENGTH",
        "400|BadRequestError|400|This model's maximum context length is 4096 tokens|CONTEXT_LENGTH",
        "400|invalid_request_error|content_filter|The response was filtered|REFUSED",
        "400|image_generation_user_error|content_policy_violation|rejected|REFUSED",
        "401|invalid_request_error|invalid_api_key|Incorrect API key|BY_STATUS",
        "500|server_error|null|The server had an error|BY_STATUS",
        "200|tokens|rate_limit_exceeded|in the middle of a stream|THROTTLED",
      })
  void openAi_isClassified(int status, String type, String code, String message, ErrorClass error)
      throws Exception {
    JsonNode body =
        json("{`error`:{`message`:`%s`,`type`:`%s`,`code`:`%s`}}".formatted(message, type, code));
    assertThat(OPENAI.classify(status, body)).isEqualTo(error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "529|overloaded_error|Overloaded|THROTTLED",
        "429|rate_limit_error|This request would exceed your rate limit|THROTTLED",
        "500|api_error|Internal server error|BY_STATUS",
        "504|timeout_error|Request timed out|BY_STATUS",
        "401|authentication_error|invalid x-api-key|AUTH",
        "403|permission_error|Your API key does not have permission|AUTH",
        "402|billing_error|There is an issue with your billing|QUOTA_EXHAUSTED",
        "400|invalid_request_error|Your credit balance is too low to access|QUOTA_EXHAUSTED",
        "400|invalid_request_error|prompt is too long: 212000 tokens > 200000 maximum|CONTEXT_LENGTH",
        "400|invalid_request_error|input length and max_tokens exceed context limit: 1 + 2 > 2|"
            + "CONTEXT_LENGTH",
        "400|invalid_request_error|Output blocked by content filtering policy|REFUSED",
        "400|invalid_request_error|max_tokens: Field required|BY_STATUS",
        "404|not_found_error|model: nope|BY_STATUS",
        "413|request_too_large|Request exceeds the maximum size|BY_STATUS",
      })
  void anthropic_isClassified(int status, String type, String message, ErrorClass error)
      throws Exception {
    JsonNode body =
        json(
            "{`type`:`error`,`error`:{`type`:`%s`,`message`:`%s`},`request_id`:`req_011`}"
                .formatted(type, message));
    assertThat(ANTHROPIC.classify(status, body)).isEqualTo(error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429|RESOURCE_EXHAUSTED|Resource has been exhausted|THROTTLED",
        "503|UNAVAILABLE|The model is overloaded|BY_STATUS",
        "500|INTERNAL|An internal error has occurred|BY_STATUS",
        "504|DEADLINE_EXCEEDED|Deadline expired|BY_STATUS",
        "499|CANCELLED|The operation was cancelled|TRANSIENT",
        "401|UNAUTHENTICATED|Request had invalid authentication credentials|AUTH",
        "403|PERMISSION_DENIED|Permission aiplatform.endpoints.predict denied|AUTH",
        "400|INVALID_ARGUMENT|The input token count (1300000) exceeds the maximum number of tokens"
            + " allowed (1048575).|CONTEXT_LENGTH",
        "400|INVALID_ARGUMENT|* GenerateContentRequest.contents: contents is not specified|BY_STATUS",
        "400|FAILED_PRECONDITION|User location is not supported|BY_STATUS",
        "404|NOT_FOUND|models/nope is not found|BY_STATUS",
      })
  void gemini_isClassified(int status, String name, String message, ErrorClass error)
      throws Exception {
    String body =
        "{`error`:{`code`:%d,`message`:`%s`,`status`:`%s`}}".formatted(status, message, name);
    assertThat(GEMINI.classify(status, json(body))).isEqualTo(error);
    assertThat(GEMINI.classify(status, json("[" + body + "]"))).isEqualTo(error);
  }

  @Test
  void gemini_isAnAuthError_whenTheKeyIsWrong_althoughTheStatusIs400() throws Exception {
    JsonNode body =
        json(
            """
            {`error`:{`code`:400,`message`:`API key not valid. Please pass a valid API key.`,
             `status`:`INVALID_ARGUMENT`,`details`:[
              {`@type`:`type.googleapis.com/google.rpc.ErrorInfo`,`reason`:`API_KEY_INVALID`,
               `domain`:`googleapis.com`,`metadata`:{`service`:`generativelanguage.googleapis.com`}},
              {`@type`:`type.googleapis.com/google.rpc.LocalizedMessage`,`locale`:`en-US`,
               `message`:`API key not valid.`}]}}
            """);
    assertThat(GEMINI.classify(400, body)).isEqualTo(ErrorClass.AUTH);
  }

  private static JsonNode quotaFailure(String quotaId) throws Exception {
    return json(
        """
        {`error`:{`code`:429,`message`:`You exceeded your current quota`,
         `status`:`RESOURCE_EXHAUSTED`,`details`:[
          {`@type`:`type.googleapis.com/google.rpc.QuotaFailure`,`violations`:[
           {`quotaMetric`:`generativelanguage.googleapis.com/generate_content_requests`,
            `quotaId`:`%s`,`quotaValue`:`15`}]},
          {`@type`:`type.googleapis.com/google.rpc.Help`,`links`:[]},
          {`@type`:`type.googleapis.com/google.rpc.RetryInfo`,`retryDelay`:`34.5s`}]}}
        """
            .formatted(quotaId));
  }

  @Test
  void gemini_saysHowLongToWait_inTheBody() throws Exception {
    JsonNode body = quotaFailure("GenerateRequestsPerMinutePerProjectPerModel");
    assertThat(GEMINI.classify(429, body)).isEqualTo(ErrorClass.THROTTLED);
    assertThat(GEMINI.retryDelay(body)).contains(Duration.ofMillis(34_500));
    assertThat(GEMINI.retryDelay(json("{`error`:{}}"))).isEmpty();
  }

  @Test
  void gemini_isExhausted_whenTheLimitIsOfADay() throws Exception {
    assertThat(GEMINI.classify(429, quotaFailure("GenerateRequestsPerDayPerProject-FreeTier")))
        .isEqualTo(ErrorClass.QUOTA_EXHAUSTED);
  }

  @Test
  void errors_areLeftToTheStatus_whenTheBodyIsNone() throws Exception {
    for (ProviderProtocol protocol : new ProviderProtocol[] {OPENAI, ANTHROPIC, GEMINI}) {
      for (String body : new String[] {"[]", "{}", "`x`", "{`error`:`x`}", "{`error`:[1]}"}) {
        assertThat(protocol.classify(502, json(body))).isEqualTo(ErrorClass.BY_STATUS);
      }
    }
  }
}
