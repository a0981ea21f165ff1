package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.ProviderOptions;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.LlmRequest;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Several models, each answering as a test says; notes which was called with what. */
public final class ScriptedModels implements LlmClients {
  /** How one model answers. */
  public interface Script {
    /**
     * Answers one call.
     *
     * @param call counted from 1 over all models
     */
    CompletableFuture<LlmAnswer> answer(int call, LlmRequest request);
  }

  /** One call that was made. */
  public record Call(String modelId, LlmRequest request, CallOptions options) {}

  private final List<ModelConfig> models;
  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());

  public ScriptedModels(ModelConfig... models) {
    this.models = List.of(models);
  }

  /** A model at a dollar per million input tokens and two for output. */
  public static ModelConfig model(String id, ProviderKind provider, String... fallbacks) {
    return new ModelConfig(
        id,
        provider,
        Optional.of(URI.create("http://127.0.0.1:1/v1")),
        Optional.empty(),
        id,
        RateLimits.NONE,
        new Pricing(new BigDecimal("1"), new BigDecimal("2")),
        Timeouts.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        List.of(fallbacks),
        ProviderOptions.DEFAULT);
  }

  /** {@code modelId} answers so from now on. */
  public ScriptedModels answers(String modelId, Script script) {
    scripts.put(modelId, script);
    return this;
  }

  /** The calls so far. */
  public List<Call> calls() {
    synchronized (calls) {
      return List.copyOf(calls);
    }
  }

  /** Which models were called, in order. */
  public List<String> called() {
    return calls().stream().map(Call::modelId).toList();
  }

  @Override
  public ModelCatalog catalog() {
    return new ModelCatalog(models);
  }

  @Override
  public LlmClient client(String modelId) {
    return new Client(modelId);
  }

  @Override
  public void close() {
    // Nothing is open.
  }

  private final class Client implements LlmClient {
    private final String modelId;

    Client(String modelId) {
      this.modelId = modelId;
    }

    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      int number;
      synchronized (calls) {
        calls.add(new Call(modelId, request, options));
        number = calls.size();
      }
      Script script =
          scripts.getOrDefault(
              modelId, (call, asked) -> CompletableFuture.completedFuture(ScriptedClients.ANSWER));
      return script.answer(number, request);
    }
  }
}
