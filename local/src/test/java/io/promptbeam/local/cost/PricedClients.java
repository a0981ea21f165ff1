package io.promptbeam.local.cost;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Models with prices, and owners with budgets, that answer as a test says. */
final class PricedClients implements LlmClients {
  private final List<ModelConfig> models;
  private final Function<String, CompletableFuture<LlmAnswer>> script;
  private volatile ModelCatalog catalog;

  /**
   * @param script given a model's id, the answer to a call
   */
  PricedClients(List<ModelConfig> models, Function<String, CompletableFuture<LlmAnswer>> script) {
    this.models = models;
    this.script = script;
    catalog = new ModelCatalog(models);
  }

  static ModelConfig model(String id, String input, String cached, String output) {
    return new ModelConfig(
        id,
        ProviderKind.OPENAI,
        Optional.of(URI.create("http://127.0.0.1:1/v1")),
        Optional.empty(),
        id,
        new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 20),
        new Pricing(new BigDecimal(input), new BigDecimal(cached), new BigDecimal(output)),
        Timeouts.DEFAULT,
        Optional.empty());
  }

  void owners(Map<String, OwnerPolicy> owners) {
    catalog = new ModelCatalog(models, List.of(), owners, OwnerPolicy.DEFAULT, Instant.now());
  }

  @Override
  public ModelCatalog catalog() {
    return catalog;
  }

  @Override
  public LlmClient client(String modelId) {
    return new LlmClient() {
      @Override
      public CompletableFuture<LlmAnswer> call(
          LlmRequest request, CallOptions options, Duration timeout) {
        return script.apply(modelId);
      }
    };
  }

  @Override
  public void close() {}
}
