package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.quota.RateHint;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The generateContent call of Gemini, at the Gemini API or at Vertex AI. */
final class GeminiProtocol implements ProviderProtocol {
  static final String GENERATE_CONTENT = "generateContent";

  /** However the path names project and model: models.yaml decides on those. */
  private static final Pattern ENDPOINT =
      Pattern.compile("([A-Za-z0-9._/-]{0,300}:)?generateContent");

  private static final Set<String> AUTH =
      Set.of("API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED");
  private static final String RPC_TYPE = "type.googleapis.com/google.rpc.";

  private static final AnswerFormat FORMAT =
      new AnswerFormat() {
        @Override
        public AnswerVerdict check(byte[] body) {
          return GeminiAnswer.check(body);
        }

        @Override
        public StreamAssembler assembler() {
          return new GeminiStream();
        }
      };

  private final GeminiAddress address;
  private final boolean stream;

  /**
   * @param stream whether answers are asked for in pieces
   */
  GeminiProtocol(GeminiAddress address, boolean stream) {
    this.address = address;
    this.stream = stream;
  }

  @Override
  public Map<String, String> headers() {
    return Map.of();
  }

  /** The model is in the address, and so is whether the answer is streamed. */
  @Override
  public PreparedCall prepare(LlmRequest request, CallOptions options) {
    ObjectNode body;
    if (request instanceof LlmRequest.Native given) {
      if (!ENDPOINT.matcher(given.endpoint()).matches()) {
        throw Requests.unknownEndpoint(List.of(GENERATE_CONTENT));
      }
      Requests.refuseStreaming(given.body());
      body = Json.object();
      body.setAll(given.body());
      body.remove(List.of("model", "stream"));
    } else {
      body = GeminiRequest.of(request, options);
    }
    return new PreparedCall(
        stream ? address.streamed() : address.whole(), Requests.bytes(body), stream, FORMAT);
  }

  @Override
  public ErrorClass classify(int status, JsonNode body) {
    JsonNode error = error(body);
    String reason = detail(error, "ErrorInfo").path("reason").asText("");
    if (AUTH.contains(reason)) {
      return ErrorClass.AUTH;
    }
    return switch (error.path("status").asText("")) {
      case "RESOURCE_EXHAUSTED" ->
          isOfADay(error) ? ErrorClass.QUOTA_EXHAUSTED : ErrorClass.THROTTLED;
      case "UNAUTHENTICATED", "PERMISSION_DENIED" -> ErrorClass.AUTH;
      case "CANCELLED" -> ErrorClass.TRANSIENT;
      case "INVALID_ARGUMENT" -> invalid(error.path("message").asText(""));
      default -> ErrorClass.BY_STATUS;
    };
  }

  private static ErrorClass invalid(String message) {
    if (message.contains("token count") && message.contains("exceeds")) {
      return ErrorClass.CONTEXT_LENGTH;
    }
    return message.startsWith("API key") ? ErrorClass.AUTH : ErrorClass.BY_STATUS;
  }

  /** Waiting for tomorrow is not what a retry is for. */
  private static boolean isOfADay(JsonNode error) {
    for (JsonNode violation : detail(error, "QuotaFailure").path("violations")) {
      if (violation.path("quotaId").asText().contains("PerDay")) {
        return true;
      }
    }
    return false;
  }

  /** Some of Google's servers send the error as the only entry of a list. */
  private static JsonNode error(JsonNode body) {
    return (body.isArray() ? body.path(0) : body).path("error");
  }

  private static JsonNode detail(JsonNode error, String type) {
    for (JsonNode detail : error.path("details")) {
      if (detail.path("@type").asText().equals(RPC_TYPE + type)) {
        return detail;
      }
    }
    return MissingNode.getInstance();
  }

  @Override
  public Optional<Duration> retryDelay(JsonNode body) {
    return RateHeaders.span(detail(error(body), "RetryInfo").path("retryDelay").asText(""));
  }

  /** This API sends none. */
  @Override
  public List<RateHint> rateHints(HttpHeaders headers, Instant now) {
    return List.of();
  }
}
