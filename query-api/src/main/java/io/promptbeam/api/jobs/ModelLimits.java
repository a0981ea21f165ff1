package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.RateLimits;

/** A model's limits as JSON: null where there is none. */
public final class ModelLimits {
  private ModelLimits() {}

  public static void write(ObjectNode json, RateLimits limits) {
    put(json, "requests_per_minute", limits.requestsPerMinute());
    put(json, "tokens_per_minute", limits.tokensPerMinute());
    put(json, "input_tokens_per_minute", limits.inputTokensPerMinute());
    put(json, "output_tokens_per_minute", limits.outputTokensPerMinute());
    if (limits.maxInFlight() == RateLimits.UNLIMITED_IN_FLIGHT) {
      json.putNull("max_in_flight");
    } else {
      json.put("max_in_flight", limits.maxInFlight());
    }
  }

  private static void put(ObjectNode json, String name, long limit) {
    if (limit == RateLimits.UNLIMITED) {
      json.putNull(name);
    } else {
      json.put(name, limit);
    }
  }
}
