package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.quota.RateHint;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The API of OpenAI and of the many servers that are compatible with it. */
final class OpenAiProtocol implements ProviderProtocol {
  private static final Set<String> EXHAUSTED =
      Set.of("insufficient_quota", "billing_hard_limit_reached", "billing_not_active");
  private static final Set<String> REFUSED = Set.of("content_filter", "content_policy_violation");

  private final String upstreamModel;
  private final boolean stream;
  private final Map<OpenAiEndpoint, URI> uris = new EnumMap<>(OpenAiEndpoint.class);

  /**
   * @param baseUrl the API root, with its version
   * @param stream whether answers are asked for in pieces
   */
  OpenAiProtocol(URI baseUrl, String upstreamModel, boolean stream) {
    this.upstreamModel = upstreamModel;
    this.stream = stream;
    String base = baseUrl.toString().replaceFirst("/+$", "");
    for (OpenAiEndpoint endpoint : OpenAiEndpoint.values()) {
      uris.put(endpoint, URI.create(base + endpoint.pathBelowBase()));
    }
  }

  @Override
  public Map<String, String> headers() {
    return Map.of();
  }

  @Override
  public PreparedCall prepare(LlmRequest request, CallOptions options) {
    OpenAiRequest made = OpenAiRequest.of(request, options, upstreamModel);
    OpenAiEndpoint endpoint = made.endpoint();
    URI uri = uris.get(endpoint);
    if (uri == null) {
      throw new IllegalStateException("no address for " + endpoint);
    }
    boolean streamed = stream && endpoint.streams();
    byte[] body = streamed ? made.streamed() : Requests.bytes(made.body());
    return new PreparedCall(uri, body, streamed, endpoint);
  }

  @Override
  public ErrorClass classify(int status, JsonNode body) {
    JsonNode error = body.path("error");
    String code = error.path("code").asText("");
    String message = error.path("message").asText("");
    if (EXHAUSTED.contains(code) || EXHAUSTED.contains(error.path("type").asText())) {
      return ErrorClass.QUOTA_EXHAUSTED;
    }
    if (code.equals("context_length_exceeded")
        || (status == 400 && message.contains("maximum context length"))) {
      return ErrorClass.CONTEXT_LENGTH;
    }
    if (REFUSED.contains(code)) {
      return ErrorClass.REFUSED;
    }
    if (status == 429 && message.startsWith("Request too large")) {
      return ErrorClass.INVALID_REQUEST; // larger than a whole minute's tokens: never goes through
    }
    return status / 100 == 2 && code.startsWith("rate_limit")
        ? ErrorClass.THROTTLED
        : ErrorClass.BY_STATUS;
  }

  @Override
  public List<RateHint> rateHints(HttpHeaders headers, Instant now) {
    return RateHeaders.openAi(headers);
  }
}
