package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Problem;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What a line may name as its model. Where a model is served is nobody's business. */
final class ModelHandlers {
  private final Supplier<ModelCatalog> catalog;

  ModelHandlers(Supplier<ModelCatalog> catalog) {
    this.catalog = catalog;
  }

  CompletableFuture<ApiResponse> list(ApiRequest request, Caller caller) {
    ModelCatalog models = catalog.get();
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = body.putArray("data");
    models.models().forEach(model -> data.add(json(model, models)));
    return CompletableFuture.completedFuture(Answers.json(body));
  }

  CompletableFuture<ApiResponse> retrieve(ApiRequest request, Caller caller) {
    ModelCatalog models = catalog.get();
    String id = request.pathValue("id");
    ModelConfig model =
        models
            .find(id)
            .orElseThrow(
                () ->
                    Problem.of(
                            404,
                            "model_not_found",
                            "Not found",
                            "There is no model "
                                + Answers.shown(id)
                                + " here. GET /v1/models lists those there are.")
                        .withField("model")
                        .asException());
    return CompletableFuture.completedFuture(Answers.json(json(model, models)));
  }

  private static ObjectNode json(ModelConfig model, ModelCatalog models) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", model.id())
        .put("object", "model")
        .put("created", models.configuredAt().getEpochSecond())
        .put("owned_by", model.provider().wireName());
  }
}
