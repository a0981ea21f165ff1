package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.quota.RateHint;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The Messages API of Anthropic. */
final class AnthropicProtocol implements ProviderProtocol {
  static final URI DEFAULT_BASE_URL = URI.create("https://api.anthropic.com");
  static final String MESSAGES = "/v1/messages";
  static final int DEFAULT_MAX_TOKENS = 4096;

  /**
   * Above it the provider may take more than ten minutes, and then answers only in pieces. (Source:
   * Anthropic's own client libraries, which count an hour for 128,000 tokens.)
   */
  static final int MAX_TOKENS_AT_ONCE = 128_000 / 6;

  private static final AnswerFormat FORMAT =
      new AnswerFormat() {
        @Override
        public AnswerVerdict check(byte[] body) {
          return AnthropicAnswer.check(body);
        }

        @Override
        public StreamAssembler assembler() {
          return new AnthropicStream();
        }
      };

  private final URI uri;
  private final String upstreamModel;
  private final boolean stream;
  private final int maxTokens;

  /**
   * @param stream whether all answers are asked for in pieces, not only the long ones
   * @param maxTokens where a request does not say it, which this API demands
   */
  AnthropicProtocol(URI baseUrl, String upstreamModel, boolean stream, int maxTokens) {
    this.uri = Requests.below(baseUrl, "/v1", "/messages");
    this.upstreamModel = upstreamModel;
    this.stream = stream;
    this.maxTokens = maxTokens;
  }

  @Override
  public Map<String, String> headers() {
    return Map.of("anthropic-version", "2023-06-01");
  }

  @Override
  public PreparedCall prepare(LlmRequest request, CallOptions options) {
    ObjectNode body;
    if (request instanceof LlmRequest.Native given) {
      if (!given.endpoint().equals(MESSAGES)) {
        throw Requests.unknownEndpoint(List.of(MESSAGES));
      }
      body = Json.object();
      body.setAll(given.body());
      body.put("model", upstreamModel);
    } else {
      body = AnthropicRequest.of(request, options, upstreamModel, maxTokens);
    }
    Requests.refuseStreaming(body);
    boolean streamed = stream || body.path("max_tokens").asLong() > MAX_TOKENS_AT_ONCE;
    if (streamed) {
      body.put("stream", true);
    }
    return new PreparedCall(uri, Requests.bytes(body), streamed, FORMAT);
  }

  @Override
  public ErrorClass classify(int status, JsonNode body) {
    String message = body.path("error").path("message").asText("");
    return switch (body.path("error").path("type").asText("")) {
      case "overloaded_error", "rate_limit_error" -> ErrorClass.THROTTLED;
      case "authentication_error", "permission_error" -> ErrorClass.AUTH;
      case "billing_error" -> ErrorClass.QUOTA_EXHAUSTED;
      case "invalid_request_error" -> invalid(message);
      default -> ErrorClass.BY_STATUS;
    };
  }

  /** These have no type of their own. */
  private static ErrorClass invalid(String message) {
    if (message.contains("prompt is too long") || message.contains("exceed context limit")) {
      return ErrorClass.CONTEXT_LENGTH;
    }
    if (message.contains("credit balance is too low")) {
      return ErrorClass.QUOTA_EXHAUSTED;
    }
    return message.contains("content filtering policy") ? ErrorClass.REFUSED : ErrorClass.BY_STATUS;
  }

  @Override
  public List<RateHint> rateHints(HttpHeaders headers, Instant now) {
    return RateHeaders.anthropic(headers, now);
  }
}
