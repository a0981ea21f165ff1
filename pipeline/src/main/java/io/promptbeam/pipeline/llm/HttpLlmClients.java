package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.net.URI;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The clients of all models, over one non-blocking HTTP client per worker. Simulated models get
 * their server here, in this process. Thread-safe.
 */
public final class HttpLlmClients implements LlmClients {
  private final ModelCatalog catalog;
  private final HttpCalls calls = new HttpCalls();
  private final Map<String, LlmClient> clients = new HashMap<>();
  private final Map<String, SimulatedProvider> simulated = new HashMap<>();

  private HttpLlmClients(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * Reads the keys and starts the simulated providers. Close it to stop them.
   *
   * @throws io.promptbeam.catalog.SecretUnavailableException when a model's key cannot be read
   */
  public static HttpLlmClients open(ModelCatalog catalog, SecretResolver secrets) {
    var clients = new HttpLlmClients(catalog);
    try {
      for (ModelConfig model : catalog.models()) {
        clients.add(model, secrets);
      }
      return clients;
    } catch (RuntimeException e) {
      clients.close();
      throw e;
    }
  }

  private void add(ModelConfig model, SecretResolver secrets) {
    Optional<String> apiKey = model.apiKey().map(secrets::resolve);
    URI baseUrl =
        model.provider() == ProviderKind.SIMULATED
            ? startSimulated(model)
            : model
                .baseUrl()
                .orElseThrow(
                    () -> new IllegalArgumentException("model " + model.id() + " has no base_url"));
    clients.put(model.id(), new OpenAiClient(model, baseUrl, apiKey, calls, Clock.systemUTC()));
  }

  private URI startSimulated(ModelConfig model) {
    var simulation =
        model
            .simulation()
            .orElseThrow(
                () -> new IllegalArgumentException("model " + model.id() + " has no simulation"));
    SimulatedProvider provider = SimulatedProvider.start(model.id(), simulation);
    simulated.put(model.id(), provider);
    return provider.baseUrl();
  }

  /** The running provider of a simulated model, for its statistics. */
  public Optional<SimulatedProvider> simulated(String modelId) {
    return Optional.ofNullable(simulated.get(modelId));
  }

  @Override
  public ModelCatalog catalog() {
    return catalog;
  }

  @Override
  public LlmClient client(String modelId) {
    LlmClient client = clients.get(modelId);
    if (client == null) {
      throw new IllegalArgumentException("no such model: " + modelId);
    }
    return client;
  }

  /** Aborts the calls in flight and stops the simulated providers. */
  @Override
  public void close() {
    calls.close();
    simulated.values().forEach(SimulatedProvider::close);
  }
}
