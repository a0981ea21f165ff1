package io.promptbeam.catalog;

import java.net.URI;
import java.util.Optional;

/**
 * One model of models.yaml.
 *
 * @param id what a job names
 * @param baseUrl the API root, for example {@code http://127.0.0.1:9100/v1}; absent for {@code
 *     simulated}, whose server each process starts itself
 * @param apiKey where the key is; never the key
 * @param upstreamModel what the provider calls it
 * @param simulation present exactly for {@code simulated}
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
    Optional<Simulation> simulation) {}
