package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Lists what a job may name. Where a model is served, and its key, are nobody's business. */
final class ModelsHandler implements Handler {
  private final Supplier<ModelCatalog> catalog;

  ModelsHandler(Supplier<ModelCatalog> catalog) {
    this.catalog = catalog;
  }

  private static ApiResponse answer(ModelCatalog catalog) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    var models = body.putArray("models");
    for (ModelConfig model : catalog.models()) {
      ObjectNode json = models.addObject();
      json.put("id", model.id());
      json.put("provider", model.provider().wireName());
      ObjectNode limits = json.putObject("limits");
      putLimit(limits, "requests_per_minute", model.limits().requestsPerMinute());
      putLimit(limits, "tokens_per_minute", model.limits().tokensPerMinute());
      putLimit(limits, "input_tokens_per_minute", model.limits().inputTokensPerMinute());
      putLimit(limits, "output_tokens_per_minute", model.limits().outputTokensPerMinute());
      if (model.limits().maxInFlight() == RateLimits.UNLIMITED_IN_FLIGHT) {
        limits.putNull("max_in_flight");
      } else {
        limits.put("max_in_flight", model.limits().maxInFlight());
      }
      ObjectNode prices = json.putObject("price_per_million_tokens");
      prices.put("input", model.pricing().inputUsd());
      prices.put("cached_input", model.pricing().cachedInputUsd());
      prices.put("output", model.pricing().outputUsd());
    }
    return ApiResponse.json(200, body.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "private, no-cache");
  }

  private static void putLimit(ObjectNode limits, String name, long limit) {
    if (limit == RateLimits.UNLIMITED) {
      limits.putNull(name);
    } else {
      limits.put(name, limit);
    }
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    return CompletableFuture.completedFuture(answer(catalog.get()));
  }
}
