package io.promptbeam.catalog;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * One model of models.yaml.
 *
 * @param id what a job names
 * @param baseUrl the API root, for example {@code http://127.0.0.1:9100/v1}; absent for {@code
 *     simulated}, whose server each process starts itself, and where the provider's own is meant
 * @param apiKey where the key is; never the key
 * @param upstreamModel what the provider calls it
 * @param simulation present exactly for {@code simulated}
 * @param account of the catalog, whose limits bind too
 * @param fallbacks models of the catalog to ask, in order, when this one cannot answer
 */
public record ModelConfig(
    String id,
    ProviderKind provider,
    Optional<URI> baseUrl,
    Optional<SecretReference> apiKey,
    String upstreamModel,
    RateLimits limits,
    Pricing pricing,
    Timeouts timeouts,
    Optional<Simulation> simulation,
    Optional<String> account,
    List<String> fallbacks,
    ProviderOptions options) {
  public ModelConfig {
    fallbacks = List.copyOf(fallbacks);
  }

  /** Without an account, fallbacks or options. */
  public ModelConfig(
      String id,
      ProviderKind provider,
      Optional<URI> baseUrl,
      Optional<SecretReference> apiKey,
      String upstreamModel,
      RateLimits limits,
      Pricing pricing,
      Timeouts timeouts,
      Optional<Simulation> simulation) {
    this(
        id,
        provider,
        baseUrl,
        apiKey,
        upstreamModel,
        limits,
        pricing,
        timeouts,
        simulation,
        Optional.empty(),
        List.of(),
        ProviderOptions.DEFAULT);
  }
}
