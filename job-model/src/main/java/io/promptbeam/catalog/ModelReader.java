package io.promptbeam.catalog;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Node;

/** Reads one entry of models.yaml. */
final class ModelReader {
  static final int DEFAULT_MAX_IN_FLIGHT = 1_000;

  private static final long MAX_REQUESTS_PER_MINUTE = 1_000_000_000L;
  private static final long MAX_TOKENS_PER_MINUTE = 1_000_000_000_000L;
  private static final long MAX_IN_FLIGHT = 100_000;
  private static final long MAX_LATENCY_MS = 600_000;
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}");
  private static final Pattern UPSTREAM = Pattern.compile("[\\x21-\\x7E]{1,256}");
  private static final List<String> FIELDS =
      List.of(
          "id",
          "provider",
          "base_url",
          "api_key",
          "upstream_model",
          "requests_per_minute",
          "tokens_per_minute",
          "max_in_flight",
          "price_per_million_tokens",
          "timeouts",
          "simulated");
  private static final List<String> TIMEOUT_FIELDS =
      List.of("connect_seconds", "first_byte_seconds", "between_chunks_seconds", "call_seconds");
  private static final List<String> SIMULATED_FIELDS =
      List.of(
          "seed",
          "latency_ms_median",
          "latency_sigma",
          "error_rate",
          "refusal_rate",
          "garbage_rate",
          "requests_per_minute");

  private final YamlMapping fields;

  private ModelReader(YamlMapping fields) {
    this.fields = fields;
  }

  static Optional<ModelReader> of(Node node, String path, Problems problems) {
    return YamlMapping.of(node, path, FIELDS, problems).map(ModelReader::new);
  }

  /**
   * Empty when something required is wrong, which is noted then.
   *
   * @param indexById where each id stands; this entry's is added
   */
  Optional<ModelConfig> read(Map<String, Integer> indexById, int index) {
    Optional<String> id =
        checked(
            "id",
            fields.requiredText("id", "give the name that jobs use"),
            ID,
            "must be 1 to 128 of letters, digits and . _ : / @ -, beginning with a letter or"
                + " digit");
    id.map(name -> indexById.putIfAbsent(name, index))
        .ifPresent(
            first ->
                fields.problem("id", "is the id of models[" + first + "] too; rename one of them"));
    Optional<String> upstream =
        checked(
            "upstream_model",
            fields.text("upstream_model"),
            UPSTREAM,
            "must be 1 to 256 printable ASCII characters without spaces");
    Optional<ProviderKind> provider = provider();
    boolean simulated = provider.filter(ProviderKind.SIMULATED::equals).isPresent();
    Optional<URI> baseUrl = provider.isEmpty() ? Optional.empty() : baseUrl(simulated);
    Optional<SecretReference> apiKey = apiKey(simulated);
    RateLimits limits = limits();
    Pricing pricing = pricing();
    Timeouts timeouts = timeouts();
    Optional<Simulation> simulation = simulation(provider);
    if (id.isEmpty() || provider.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ModelConfig(
            id.get(),
            provider.get(),
            baseUrl,
            apiKey,
            upstream.orElse(id.get()),
            limits,
            pricing,
            timeouts,
            simulation));
  }

  private Optional<String> checked(
      String field, Optional<String> value, Pattern allowed, String message) {
    if (value.isPresent() && !allowed.matcher(value.get()).matches()) {
      fields.problem(field, message);
      return Optional.empty();
    }
    return value;
  }

  private Optional<ProviderKind> provider() {
    Optional<String> name =
        fields.requiredText("provider", "write \"provider: openai\" or \"provider: simulated\"");
    Optional<ProviderKind> kind = name.flatMap(ProviderKind::parse);
    if (name.isPresent() && kind.isEmpty()) {
      fields.problem("provider", "must be openai or simulated");
    }
    if (kind.isPresent()
        && (kind.get() == ProviderKind.ANTHROPIC || kind.get() == ProviderKind.GEMINI)) {
      fields.problem(
          "provider",
          kind.get().wireName()
              + " is not supported yet; use openai with the base_url of an OpenAI-compatible"
              + " endpoint");
      return Optional.empty();
    }
    return kind;
  }

  private Optional<URI> baseUrl(boolean simulated) {
    if (simulated) {
      if (fields.has("base_url")) {
        fields.problem("base_url", "is not used by a simulated model; remove it");
      }
      return Optional.empty();
    }
    Optional<String> text =
        fields.requiredText("base_url", "give the API root, for example http://127.0.0.1:9100/v1");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> wrong = wrongWithUrl(text.get());
    wrong.ifPresent(message -> fields.problem("base_url", message));
    return wrong.isPresent() ? Optional.empty() : Optional.of(URI.create(text.get()));
  }

  /** Never repeats the URL, which may carry a password. */
  private static Optional<String> wrongWithUrl(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return Optional.of("is not a URL; write one like https://api.example.com/v1");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("must begin with http:// or https://");
    }
    if (uri.getRawAuthority() != null && uri.getRawAuthority().indexOf('@') >= 0) {
      return Optional.of("must not hold a user name or password; put the key in api_key");
    }
    if (uri.getHost() == null) {
      return Optional.of("has no host name; write one like https://api.example.com/v1");
    }
    if (uri.getPort() == 0 || uri.getPort() > 0xFFFF) {
      return Optional.of("has a port that is not from 1 to 65535");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      return Optional.of("must end with its path, without ? or #");
    }
    return Optional.empty();
  }

  private Optional<SecretReference> apiKey(boolean simulated) {
    if (simulated && fields.has("api_key")) {
      fields.problem("api_key", "is not used by a simulated model; remove it");
      return Optional.empty();
    }
    Optional<String> text = fields.text("api_key");
    Optional<SecretReference> reference = text.flatMap(SecretReference::parse);
    if (text.isPresent() && reference.isEmpty()) {
      fields.problem(
          "api_key",
          "is not a reference and looks like a key itself: put it in a variable or a file and"
              + " write env:NAME, file:PATH or sm://PROJECT/SECRET");
    }
    return reference;
  }

  private RateLimits limits() {
    long requests =
        fields
            .wholeNumber("requests_per_minute", 1, MAX_REQUESTS_PER_MINUTE)
            .orElse(RateLimits.UNLIMITED);
    long tokens =
        fields
            .wholeNumber("tokens_per_minute", 1, MAX_TOKENS_PER_MINUTE)
            .orElse(RateLimits.UNLIMITED);
    long inFlight =
        fields.wholeNumber("max_in_flight", 1, MAX_IN_FLIGHT).orElse((long) DEFAULT_MAX_IN_FLIGHT);
    return new RateLimits(requests, tokens, Math.toIntExact(inFlight));
  }

  private Pricing pricing() {
    return fields
        .mapping("price_per_million_tokens", List.of("input", "output"))
        .map(
            prices ->
                new Pricing(
                    prices.number("input", "0", "1000000").orElse(BigDecimal.ZERO),
                    prices.number("output", "0", "1000000").orElse(BigDecimal.ZERO)))
        .orElse(Pricing.FREE);
  }

  private Timeouts timeouts() {
    return fields
        .mapping("timeouts", TIMEOUT_FIELDS)
        .map(ModelReader::timeouts)
        .orElse(Timeouts.DEFAULT);
  }

  private static Timeouts timeouts(YamlMapping given) {
    Duration connect = seconds(given, "connect_seconds", "300").orElse(Timeouts.DEFAULT.connect());
    Duration call = seconds(given, "call_seconds", "3600").orElse(Timeouts.DEFAULT.call());
    return new Timeouts(
        connect,
        seconds(given, "first_byte_seconds", "3600").orElse(call),
        seconds(given, "between_chunks_seconds", "3600").orElse(Timeouts.DEFAULT.betweenChunks()),
        call);
  }

  private static Optional<Duration> seconds(YamlMapping given, String field, String max) {
    return given.number(field, "0.1", max).map(ModelReader::seconds);
  }

  private static Duration seconds(BigDecimal seconds) {
    return Duration.ofMillis(seconds.movePointRight(3).longValue());
  }

  private Optional<Simulation> simulation(Optional<ProviderKind> provider) {
    if (provider.isEmpty()) {
      return Optional.empty();
    }
    if (provider.get() != ProviderKind.SIMULATED) {
      if (fields.has("simulated")) {
        fields.problem("simulated", "only goes with \"provider: simulated\"; remove one of them");
      }
      return Optional.empty();
    }
    Optional<YamlMapping> given = fields.mapping("simulated", SIMULATED_FIELDS);
    return Optional.of(given.map(this::simulation).orElse(Simulation.DEFAULT));
  }

  private Simulation simulation(YamlMapping given) {
    Simulation fallback = Simulation.DEFAULT;
    var simulation =
        new Simulation(
            given.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE).orElse(fallback.seed()),
            given
                .wholeNumber("latency_ms_median", 0, MAX_LATENCY_MS)
                .map(Duration::ofMillis)
                .orElse(fallback.latencyMedian()),
            decimal(given, "latency_sigma", "3", fallback.latencySigma()),
            decimal(given, "error_rate", "1", fallback.errorRate()),
            decimal(given, "refusal_rate", "1", fallback.refusalRate()),
            decimal(given, "garbage_rate", "1", fallback.garbageRate()),
            given
                .wholeNumber("requests_per_minute", 1, MAX_REQUESTS_PER_MINUTE)
                .map(OptionalLong::of)
                .orElse(fallback.requestsPerMinute()));
    if (simulation.errorRate() + simulation.refusalRate() + simulation.garbageRate() > 1) {
      fields.problem("simulated", "has rates that add up to more than 1; lower them");
    }
    return simulation;
  }

  private static double decimal(YamlMapping given, String field, String max, double fallback) {
    return given.number(field, "0", max).map(BigDecimal::doubleValue).orElse(fallback);
  }
}
