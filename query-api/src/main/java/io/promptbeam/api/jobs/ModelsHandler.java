package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.outage.SparseWarning;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists what a job may name, and whether calls to it pass. Where a model is served, and its key,
 * are nobody's business.
 */
final class ModelsHandler implements Handler {
  private static final Logger LOG = LoggerFactory.getLogger(ModelsHandler.class);
  private static final SparseWarning UNREAD = new SparseWarning(LOG);

  private final Supplier<ModelCatalog> catalog;
  private final CachedBoard board;
  private final Clock clock;

  ModelsHandler(Supplier<ModelCatalog> catalog, CachedBoard board, Clock clock) {
    this.catalog = catalog;
    this.board = board;
    this.clock = clock;
  }

  private static ApiResponse answer(ModelCatalog catalog, LiveBoard live, Instant now) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    var models = body.putArray("models");
    for (ModelConfig model : catalog.models()) {
      ObjectNode json = models.addObject();
      json.put("id", model.id());
      json.put("provider", model.provider().wireName());
      ModelLimits.write(json.putObject("limits"), model.limits());
      ObjectNode prices = json.putObject("price_per_million_tokens");
      prices.put("input", model.pricing().inputUsd());
      prices.put("cached_input", model.pricing().cachedInputUsd());
      prices.put("output", model.pricing().outputUsd());
      live.health(model.id(), now).write(json.putObject("health"));
    }
    return ApiResponse.json(200, body.toString().getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "private, no-cache");
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    ModelCatalog models = catalog.get();
    Instant now = clock.instant();
    List<String> ids = models.models().stream().map(ModelConfig::id).toList();
    return LiveBoard.read(board, ids, now)
        .exceptionally(
            failure -> {
              // What there is can be told without the store.
              UNREAD.warn(() -> "models' health is unknown: " + SparseWarning.reason(failure));
              return new LiveBoard(Map.of(), 0);
            })
        .thenApply(live -> answer(models, live, now));
  }
}
