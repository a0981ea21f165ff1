package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.quota.RateHint;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one provider's API wants and says, for one model: translation only, no input or output.
 * Thread-safe.
 */
interface ProviderProtocol {
  /** Headers of every call, beside those that say who calls. */
  Map<String, String> headers();

  /**
   * Translates a request, or passes a native one through.
   *
   * @throws LlmException.Permanent when it cannot be one job's call
   */
  PreparedCall prepare(LlmRequest request, CallOptions options);

  /**
   * Which error a provider means.
   *
   * @param status of the answer; 200 for an error in the middle of a stream
   * @param body of the answer; missing when it is not JSON
   */
  ErrorClass classify(int status, JsonNode body);

  /** How long to wait, where the body of an error says so. */
  default Optional<Duration> retryDelay(JsonNode body) {
    return Optional.empty();
  }

  /** What the headers of any answer say about the provider's limits. */
  List<RateHint> rateHints(HttpHeaders headers, Instant now);
}
