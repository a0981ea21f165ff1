package io.promptbeam.catalog;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads one entry of models.yaml. */
final class ModelReader {
  private static final int MAX_FALLBACKS = 10;
  private static final long MAX_LATENCY_MS = 600_000;
  static final String ID_RULE =
      "must be 1 to 128 of letters, digits and . _ : / @ -, beginning with a letter or digit";
  static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}");
  private static final Pattern UPSTREAM = Pattern.compile("[\\x21-\\x7E]{1,256}");
  private static final List<String> FIELDS =
      Stream.of(
              List.of("id"),
              ProviderReader.FIELDS,
              List.of("upstream_model", "account"),
              LimitsReader.FIELDS,
              List.of("price_per_million_tokens", "timeouts", "fallbacks", "simulated"))
          .flatMap(List::stream)
          .toList();
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
          "requests_per_minute",
          "tokens_per_minute");

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
        checked("id", fields.requiredText("id", "give the name that jobs use"), ID, ID_RULE);
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
    var served = new ProviderReader(fields);
    Optional<ProviderKind> provider = served.kind();
    Optional<URI> baseUrl = provider.flatMap(served::baseUrl);
    Optional<SecretReference> apiKey = served.apiKey(provider);
    Optional<ProviderOptions> options = provider.map(served::options);
    RateLimits limits = LimitsReader.read(fields);
    Optional<String> account = fields.text("account");
    List<String> fallbacks = fallbacks();
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
            simulation,
            account,
            fallbacks,
            options.orElse(ProviderOptions.DEFAULT)));
  }

  private Optional<String> checked(
      String field, Optional<String> value, Pattern allowed, String message) {
    if (value.isPresent() && !allowed.matcher(value.get()).matches()) {
      fields.problem(field, message);
      return Optional.empty();
    }
    return value;
  }

  private List<String> fallbacks() {
    List<Node> nodes = fields.list("fallbacks").orElse(List.of());
    if (nodes.size() > MAX_FALLBACKS) {
      fields.problem("fallbacks", "lists more than " + MAX_FALLBACKS + " models; keep the best");
      return List.of();
    }
    List<String> ids = new ArrayList<>();
    for (Node node : nodes) {
      if (node instanceof ScalarNode id && !ids.contains(id.getValue())) {
        ids.add(id.getValue());
      } else {
        fields.problem("fallbacks", "must be a list of models' ids, each once");
        return List.of();
      }
    }
    return ids;
  }

  private Pricing pricing() {
    return fields
        .mapping("price_per_million_tokens", List.of("input", "cached_input", "output"))
        .map(ModelReader::pricing)
        .orElse(Pricing.FREE);
  }

  private static Pricing pricing(YamlMapping prices) {
    BigDecimal input = price(prices, "input").orElse(BigDecimal.ZERO);
    return new Pricing(
        input,
        price(prices, "cached_input").orElse(input),
        price(prices, "output").orElse(BigDecimal.ZERO));
  }

  private static Optional<BigDecimal> price(YamlMapping prices, String field) {
    return prices.number(field, "0", "1000000");
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
                .wholeNumber("requests_per_minute", 1, LimitsReader.MAX_REQUESTS_PER_MINUTE)
                .map(OptionalLong::of)
                .orElse(fallback.requestsPerMinute()),
            given
                .wholeNumber("tokens_per_minute", 1, LimitsReader.MAX_TOKENS_PER_MINUTE)
                .map(OptionalLong::of)
                .orElse(fallback.tokensPerMinute()));
    if (simulation.errorRate() + simulation.refusalRate() + simulation.garbageRate() > 1) {
      fields.problem("simulated", "has rates that add up to more than 1; lower them");
    }
    return simulation;
  }

  private static double decimal(YamlMapping given, String field, String max, double fallback) {
    return given.number(field, "0", max).map(BigDecimal::doubleValue).orElse(fallback);
  }
}
