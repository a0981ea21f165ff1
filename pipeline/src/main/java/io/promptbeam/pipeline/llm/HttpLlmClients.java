package io.promptbeam.pipeline.llm;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.ProviderOptions;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.pipeline.llm.simulated.SimulatedProvider;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The clients of all models, over one non-blocking HTTP client per worker. Simulated models get
 * their server here, in this process. Thread-safe.
 */
public final class HttpLlmClients implements LlmClients {
  private final SecretResolver secrets;
  private final HttpCalls calls = new HttpCalls();
  private final GoogleTokens googleTokens;
  private final Map<String, LlmClient> clients = new ConcurrentHashMap<>();
  private final Map<String, SimulatedProvider> simulated = new ConcurrentHashMap<>();
  private volatile ModelCatalog catalog = new ModelCatalog(List.of());

  private HttpLlmClients(SecretResolver secrets, GoogleTokens.Source google) {
    this.secrets = secrets;
    googleTokens = new GoogleTokens(google, Clock.systemUTC(), HttpLlmClients::inBackground);
  }

  /** Fetching a token or a key is rare and blocks for as long as it pleases. */
  private static void inBackground(Runnable task) {
    var thread = new Thread(task, "credentials");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Reads the keys and starts the simulated providers. Close it to stop them.
   *
   * @throws io.promptbeam.catalog.SecretUnavailableException when a model's key cannot be read
   */
  public static HttpLlmClients open(ModelCatalog catalog, SecretResolver secrets) {
    return open(catalog, secrets, GoogleTokens.applicationDefault());
  }

  /** Opens them with other Google credentials than those of this machine. */
  static HttpLlmClients open(
      ModelCatalog catalog, SecretResolver secrets, GoogleTokens.Source google) {
    var clients = new HttpLlmClients(secrets, google);
    try {
      clients.update(catalog);
      return clients;
    } catch (RuntimeException e) {
      clients.close();
      throw e;
    }
  }

  /**
   * Takes another catalog over: models that differ are called in the new way from now on, and calls
   * in flight end as they began. May block on reading keys.
   *
   * @throws io.promptbeam.catalog.SecretUnavailableException when a model's key cannot be read; the
   *     catalog before stays then
   */
  public synchronized void update(ModelCatalog next) {
    for (ModelConfig model : next.models()) {
      if (!catalog.find(model.id()).equals(Optional.of(model))) {
        add(model);
      }
    }
    catalog = next;
  }

  private void add(ModelConfig model) {
    clients.put(
        model.id(),
        new HttpLlmClient(model, protocol(model), credentials(model), calls, Clock.systemUTC()));
  }

  private ProviderProtocol protocol(ModelConfig model) {
    ProviderOptions options = model.options();
    String upstream = model.upstreamModel();
    return switch (model.provider()) {
      case SIMULATED -> new OpenAiProtocol(startSimulated(model), upstream, false);
      case OPENAI ->
          new OpenAiProtocol(
              model
                  .baseUrl()
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException("model " + model.id() + " has no base_url")),
              upstream,
              options.stream());
      case ANTHROPIC ->
          new AnthropicProtocol(
              model.baseUrl().orElse(AnthropicProtocol.DEFAULT_BASE_URL),
              upstream,
              options.stream(),
              options.maxOutputTokens().orElse(AnthropicProtocol.DEFAULT_MAX_TOKENS));
      case GEMINI ->
          new GeminiProtocol(
              options
                  .vertex()
                  .map(
                      vertex ->
                          GeminiAddress.ofVertex(
                              model.baseUrl(), vertex.project(), vertex.location(), upstream))
                  .orElseGet(() -> GeminiAddress.ofApi(model.baseUrl(), upstream)),
              options.stream());
    };
  }

  private Credentials credentials(ModelConfig model) {
    return switch (model.provider()) {
      case SIMULATED, OPENAI -> key(model, "Authorization", "Bearer ");
      case ANTHROPIC -> key(model, "x-api-key", "");
      case GEMINI ->
          model.options().vertex().isPresent() ? googleTokens : key(model, "x-goog-api-key", "");
    };
  }

  private Credentials key(ModelConfig model, String header, String prefix) {
    return model
        .apiKey()
        .<Credentials>map(
            reference ->
                new KeyInHeader(
                    header,
                    prefix,
                    reference,
                    secrets,
                    Clock.systemUTC(),
                    HttpLlmClients::inBackground))
        .orElse(Credentials.NONE);
  }

  private URI startSimulated(ModelConfig model) {
    var simulation =
        model
            .simulation()
            .orElseThrow(
                () -> new IllegalArgumentException("model " + model.id() + " has no simulation"));
    boolean sameAsBefore =
        catalog.find(model.id()).filter(m -> m.simulation().equals(model.simulation())).isPresent();
    SimulatedProvider running = simulated.get(model.id());
    if (sameAsBefore && running != null) {
      return running.baseUrl();
    }
    SimulatedProvider provider = SimulatedProvider.start(model.id(), simulation);
    SimulatedProvider replaced = simulated.put(model.id(), provider);
    if (replaced != null) {
      replaced.close();
    }
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
