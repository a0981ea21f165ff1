package io.promptbeam.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCatalogLoaderTest {
  private static final String FULL =
      """
      models:
        - id: mock
          provider: openai
          base_url: http://127.0.0.1:9100/v1
          api_key: env:MOCK_KEY
          upstream_model: m
          requests_per_minute: 18_000
          tokens_per_minute: 10000000
          max_in_flight: 500
          price_per_million_tokens: {input: 0.15, output: 0.60}
          timeouts: {connect_seconds: 2, call_seconds: 30.5}
        - id: sim
          provider: simulated
          simulated:
            seed: 7
            latency_ms_median: 20
            latency_sigma: 0
            error_rate: 0.1
            refusal_rate: 0.2
            garbage_rate: 0.3
            requests_per_minute: 600
      """;

  private static final String OPENAI_START =
      "models:\n  - id: a\n    provider: openai\n    base_url: http://127.0.0.1/v1\n";

  private static List<String> problemsOf(String text) {
    return catchThrowableOfType(
            InvalidCatalogException.class, () -> ModelCatalogLoader.parse("models.yaml", text))
        .problems();
  }

  @Test
  void parse_readsEveryField_whenAllAreGiven() throws Exception {
    ModelCatalog catalog = ModelCatalogLoader.parse("models.yaml", FULL);

    ModelConfig mock = catalog.find("mock").orElseThrow();
    assertThat(mock.provider()).isEqualTo(ProviderKind.OPENAI);
    assertThat(mock.baseUrl()).contains(URI.create("http://127.0.0.1:9100/v1"));
    assertThat(mock.apiKey()).contains(new SecretReference.Env("MOCK_KEY"));
    assertThat(mock.upstreamModel()).isEqualTo("m");
    assertThat(mock.limits()).isEqualTo(new RateLimits(18_000, 10_000_000, 500));
    assertThat(mock.pricing())
        .isEqualTo(new Pricing(new BigDecimal("0.15"), new BigDecimal("0.60")));
    assertThat(mock.timeouts())
        .isEqualTo(new Timeouts(Duration.ofSeconds(2), Duration.ofMillis(30_500)));
    assertThat(mock.simulation()).isEmpty();
    assertThat(catalog.find("sim").orElseThrow().simulation())
        .contains(new Simulation(7, Duration.ofMillis(20), 0, 0.1, 0.2, 0.3, OptionalLong.of(600)));
    assertThat(catalog.models()).extracting(ModelConfig::id).containsExactly("mock", "sim");
  }

  @Test
  void parse_fillsDefaults_whenOnlyTheRequiredIsGiven() throws Exception {
    ModelConfig model =
        ModelCatalogLoader.parse("models.yaml", OPENAI_START).find("a").orElseThrow();

    assertThat(model.upstreamModel()).isEqualTo("a");
    assertThat(model.apiKey()).isEmpty();
    assertThat(model.limits()).isEqualTo(RateLimits.NONE);
    assertThat(model.pricing()).isEqualTo(Pricing.FREE);
    assertThat(model.timeouts()).isEqualTo(Timeouts.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "first_byte_seconds: 20|10000|20000|30000|300000",
        "between_chunks_seconds: 2.5|10000|300000|2500|300000",
        "call_seconds: 60|10000|60000|30000|60000",
        "call_seconds: 5|10000|5000|5000|5000",
        "first_byte_seconds: 9, call_seconds: 5|10000|5000|5000|5000",
      })
  void parse_readsTimeouts_andNoPartIsLongerThanTheCall(
      String given, long connect, long firstByte, long betweenChunks, long call) throws Exception {
    String text = OPENAI_START + "    timeouts: {" + given + "}\n";

    assertThat(ModelCatalogLoader.parse("models.yaml", text).find("a").orElseThrow().timeouts())
        .isEqualTo(
            new Timeouts(
                Duration.ofMillis(connect),
                Duration.ofMillis(firstByte),
                Duration.ofMillis(betweenChunks),
                Duration.ofMillis(call)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "requests_per_minute: 0         | requests_per_minute: must be a whole number from 1",
        "requests_per_minute: 1.5       | requests_per_minute: must be a whole number from 1",
        "requests_per_minute: '100'     | requests_per_minute: must be a whole number from 1",
        "requests_per_minute: 010       | requests_per_minute: must be a whole number from 1",
        "tokens_per_minute: 99999999999999999999 | tokens_per_minute: must be a whole number",
        "tokens_per_minute: many        | tokens_per_minute: must be a whole number",
        "max_in_flight: 100001          | max_in_flight: must be a whole number from 1 to 100000",
        "max_in_flight: [1]             | max_in_flight: must be a single value",
        "max_in_flight:                 | max_in_flight: has no value",
        "upstream_model: 4              | upstream_model: must be text; put it in quotes",
        "upstream_model: 'a b'          | upstream_model: must be 1 to 256 printable",
        "price_per_million_tokens: 3    | price_per_million_tokens: must hold fields",
        "price_per_million_tokens: {input: -1} | price_per_million_tokens.input: must be a number",
        "price_per_million_tokens: {in: 1} | price_per_million_tokens.in: is not a field here",
        "timeouts: {call_seconds: .inf} | timeouts.call_seconds: must be a number from 0.1",
        "timeouts: {first_byte_seconds: 0} | timeouts.first_byte_seconds: must be a number from"
            + " 0.1",
        "timeouts: {between_chunks_seconds: 1h} | between_chunks_seconds: must be a number from"
            + " 0.1",
        "timeouts: {first_bytes: 1} | the fields are connect_seconds, first_byte_seconds, between",
        "timeouts: {connect_seconds: 0} | timeouts.connect_seconds: must be a number from 0.1",
        "id: b                          | id: is given twice",
        "<<: {id: b}                    | is not a field here",
        "rpm: 5                         | rpm: is not a field here; the fields are id, provider",
        "simulated: {seed: 1}           | simulated: only goes with",
        "api_key: env:9X                | api_key: is not a reference",
        "api_key: 'sm://p'              | api_key: is not a reference",
      })
  void parse_namesLineAndField_whenAValueIsWrong(String line, String expected) {
    assertThat(problemsOf(OPENAI_START + "    " + line + "\n"))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem).startsWith("models.yaml:5: models[0].");
              assertThat(problem).contains(expected);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://h/v1            | must begin with http",
        "127.0.0.1:80          | is not a URL",
        "localhost/v1          | must begin with http",
        "http://u:pw@h/v1      | must not hold a user name",
        "http:///v1            | has no host name",
        "http://h:99999/v1     | has a port",
        "http://h/v1?key=secret| must end with its path",
        "'http://h/a b'        | is not a URL",
      })
  void parse_refusesTheBaseUrl_whenItIsNoApiRoot(String url, String expected) {
    String text = "models:\n  - id: a\n    provider: openai\n    base_url: " + url + "\n";

    assertThat(problemsOf(text))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem).startsWith("models.yaml:4: models[0].base_url: ");
              assertThat(problem).contains(expected).doesNotContain("pw@", "secret");
            });
  }

  @Test
  void parse_neverEchoesTheKey_whenAKeyStandsInsteadOfAReference() {
    List<String> problems = problemsOf(OPENAI_START + "    api_key: sk-live-1234567890\n");

    assertThat(problems).singleElement().asString().contains("write env:NAME");
    assertThat(problems.toString()).doesNotContain("1234567890");
  }

  @Test
  void parse_neverEchoesTheKey_whenItIsPastedAsAFieldOrBreaksTheSyntax() {
    assertThat(problemsOf(OPENAI_START + "    sk-live-1234567890: x\n").toString())
        .contains("(not shown)")
        .doesNotContain("1234567890");
    assertThat(problemsOf(OPENAI_START + "    api_key: *sk-live-1234567890\n").toString())
        .contains("models.yaml:5: is not YAML")
        .doesNotContain("1234567890");
  }

  @Test
  void parse_readsAccountsOwnersAndOptions_whenAllAreGiven() throws Exception {
    String text =
        """
        accounts:
          - {id: acme, requests_per_minute: 600, input_tokens_per_minute: 1000, max_in_flight: 7}
        owners:
          - {name: ada, weight: 3, max_waiting: 10, submits_per_minute: 5, max_in_flight: 2,
             budget_usd_per_day: 12.5, over_budget: fail}
          - {name: "*", weight: 2}
        models:
          - {id: a, provider: anthropic, account: acme, fallbacks: [b], stream: true,
             max_output_tokens: 900, output_tokens_per_minute: 50, send_traceparent: true}
          - {id: b, provider: gemini, vertex: {project: my-project, location: global},
             price_per_million_tokens: {input: 2, cached_input: 0.5, output: 4}}
        """;

    ModelCatalog catalog = ModelCatalogLoader.parse("models.yaml", text);

    ModelConfig a = catalog.find("a").orElseThrow();
    assertThat(a.baseUrl()).isEmpty();
    assertThat(a.account()).contains("acme");
    assertThat(a.fallbacks()).containsExactly("b");
    assertThat(a.limits().outputTokensPerMinute()).isEqualTo(50);
    assertThat(a.options())
        .isEqualTo(new ProviderOptions(Optional.empty(), true, OptionalInt.of(900), true));
    ModelConfig b = catalog.find("b").orElseThrow();
    assertThat(b.options().sendTraceparent()).isFalse();
    assertThat(b.options().vertex()).contains(new Vertex("my-project", "global"));
    assertThat(b.pricing().costUsd(new Usage(1_000_000, 400_000, 1_000_000, 0)))
        .isEqualByComparingTo("5.4");
    assertThat(catalog.account("acme").orElseThrow().limits())
        .isEqualTo(new RateLimits(600, RateLimits.UNLIMITED, 1_000, RateLimits.UNLIMITED, 7));
    assertThat(catalog.owner(new Owner("ada")))
        .isEqualTo(
            new OwnerPolicy(
                3,
                OptionalLong.of(10),
                OptionalLong.of(5),
                OptionalInt.of(2),
                Optional.of(new BigDecimal("12.5")),
                OwnerPolicy.OverBudget.FAIL));
    assertThat(catalog.owner(new Owner("bob")).weight()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "account: nobody          | model a: account: names no account",
        "fallbacks: [a]           | model a: fallbacks: must name other models",
        "fallbacks: [gone]        | model a: fallbacks: must name other models",
        "fallbacks: a             | models[0].fallbacks: must be a list",
        "stream: 'yes'            | models[0].stream: must be true or false",
        "max_output_tokens: 0     | models[0].max_output_tokens: must be a whole number from 1",
        "vertex: {project: p-1234} | models[0].vertex: only goes with \"provider: gemini\"",
      })
  void parse_saysWhatIsWrong_whenAnEntryNamesAnotherOrAnOptionIsOdd(String line, String expected) {
    assertThat(problemsOf(OPENAI_START + "    " + line + "\n"))
        .anySatisfy(problem -> assertThat(problem).contains(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "owners: [{weight: 1}]                 | owners[0].name: is missing",
        "owners: [{name: 'a b'}]               | owners[0].name: must be 1 to 64",
        "owners: [{name: a}, {name: a}]        | owners[1].name: is named twice",
        "owners: [{name: a, weight: 0}]        | owners[0].weight: must be a whole number from 1",
        "owners: [{name: a, over_budget: stop}] | owners[0].over_budget: must be wait or fail",
        "accounts: [{id: x}, {id: x}]          | accounts[1].id: is the id of another account",
        "accounts: [{id: x, rpm: 1}]           | accounts[0].rpm: is not a field here",
      })
  void parse_saysWhatIsWrong_whenAnOwnerOrAccountIsOdd(String line, String expected) {
    assertThat(problemsOf(OPENAI_START + line + "\n"))
        .anySatisfy(problem -> assertThat(problem).contains(expected));
  }

  @Test
  void parse_reportsAllProblems_whenSeveralModelsAreWrong() {
    String text =
        """
        model: x
        models:
          - provider: nobody
          - id: a
            provider: openai
          - id: a
            provider: simulated
            base_url: http://h
            api_key: env:K
            simulated: {error_rate: 0.6, garbage_rate: 0.6}
          - just text
          - id: "é"
            provider: simulated
        """;

    assertThat(problemsOf(text))
        .extracting(problem -> problem.replaceFirst(";.*", ""))
        .containsExactly(
            "models.yaml:1: model: is not a field here",
            "models.yaml:3: models[0].id: is missing",
            "models.yaml:3: models[0].provider: must be openai, anthropic, gemini or simulated",
            "models.yaml:4: models[1].base_url: is missing",
            "models.yaml:6: models[2].id: is the id of models[1] too",
            "models.yaml:8: models[2].base_url: is not used by a simulated model",
            "models.yaml:9: models[2].api_key: is not used by a simulated model",
            "models.yaml:10: models[2].simulated: has rates that add up to more than 1",
            "models.yaml:11: models[3]: must hold fields: id, provider, base_url, api_key,"
                + " vertex, stream, max_output_tokens, send_traceparent, upstream_model, account,"
                + " requests_per_minute, tokens_per_minute, input_tokens_per_minute,"
                + " output_tokens_per_minute, max_in_flight, price_per_million_tokens, timeouts,"
                + " fallbacks, simulated",
            "models.yaml:12: models[4].id: must be 1 to 128 of letters, digits and . _ : / @ -,"
                + " beginning with a letter or digit");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                  | models.yaml: is empty",
        "'models: []'        | models.yaml:1: models: must list at least one model",
        "'models: {a: b}'    | models.yaml:1: models: must be a list",
        "'models:'           | models.yaml:1: models: must be a list",
        "'[1, 2]'            | models.yaml:1: must hold fields: models",
        "'x: 1'              | models.yaml:1: models: is missing",
        "'models: [}'        | models.yaml:1: is not YAML",
        "'a: b: c'           | models.yaml:1: is not YAML",
      })
  void parse_namesTheLine_whenTheFileHasAnotherShape(String text, String expected) {
    assertThat(problemsOf(text)).anySatisfy(problem -> assertThat(problem).startsWith(expected));
  }

  @Test
  void parse_refuses_whenAliasesOrNestingExplode() {
    var bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 40; i++) {
      String before = "*a" + (i - 1);
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, (before + ",").repeat(40) + before));
    }

    assertThat(problemsOf(bomb.toString())).isNotEmpty();
    assertThat(problemsOf("models: " + "[".repeat(5_000))).isNotEmpty();
    assertThat(problemsOf("a: &a {b: *a}\nmodels: *a\n")).isNotEmpty();
    assertThat(problemsOf("models: !!javax.script.ScriptEngineManager [x]\n"))
        .singleElement()
        .asString()
        .startsWith("models.yaml:1: ");
  }

  @Test
  void load_saysWhatToDo_whenTheFileCannotBeRead(@TempDir Path folder) throws Exception {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> ModelCatalogLoader.load(missing))
        .isInstanceOf(InvalidCatalogException.class)
        .hasMessage(missing + ": there is no such file; check the path");
    assertThatThrownBy(() -> ModelCatalogLoader.load(folder))
        .isInstanceOf(InvalidCatalogException.class)
        .hasMessageContaining("cannot be read");
    Path latin1 = folder.resolve("latin1.yaml");
    Files.write(latin1, "models: é".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ModelCatalogLoader.load(latin1))
        .isInstanceOf(InvalidCatalogException.class)
        .hasMessageContaining("save it as UTF-8");
    Path big = folder.resolve("big.yaml");
    Files.writeString(big, "#".repeat(1_000_001));
    assertThatThrownBy(() -> ModelCatalogLoader.load(big))
        .isInstanceOf(InvalidCatalogException.class)
        .hasMessageContaining("larger than 1 MB");
  }

  @Test
  void load_readsTheFile_whenItIsFine(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("models.yaml"), FULL);

    assertThat(ModelCatalogLoader.load(file).models()).hasSize(2);
  }

  @Test
  void demo_isOneSimulatedModel() {
    assertThat(ModelCatalogLoader.demo().models())
        .singleElement()
        .satisfies(
            model -> {
              assertThat(model.id()).isEqualTo("demo");
              assertThat(model.simulation()).contains(Simulation.DEFAULT);
            });
  }

  @Test
  void webhooks_areRead_withBatchesOnlyUnlessMoreIsAskedFor() throws Exception {
    String text =
        """
        owners:
          - {name: ada, webhook: {url: 'https://ada.example:8443/hook?k=1', secret: env:ADA}}
          - {name: "*", webhook: {url: 'https://all.example/', secret: file:/s, events: [job, batch]}}
          - {name: bob}
        models: [{id: a, provider: simulated}]
        """;

    ModelCatalog catalog = ModelCatalogLoader.parse("models.yaml", text);

    assertThat(catalog.hasWebhooks()).isTrue();
    assertThat(catalog.owner(new Owner("ada")).webhook())
        .contains(
            new Webhook(
                URI.create("https://ada.example:8443/hook?k=1"),
                new SecretReference.Env("ADA"),
                Set.of(Webhook.Subject.BATCH),
                false));
    assertThat(catalog.owner(new Owner("eve")).webhook().orElseThrow().subjects())
        .containsExactlyInAnyOrder(Webhook.Subject.JOB, Webhook.Subject.BATCH);
    assertThat(catalog.owner(new Owner("bob")).webhook()).isEmpty();
    assertThat(ModelCatalogLoader.demo().hasWebhooks()).isFalse();
  }

  @Test
  void webhook_mayBeInsideAndWithoutTls_onlyWhereTheFileAllowsIt() throws Exception {
    String text =
        """
        owners: [{name: ada, webhook: {url: 'http://127.0.0.1:9/', secret: env:ADA}}]
        models: [{id: a, provider: simulated}]
        """;

    assertThat(problemsOf(text))
        .singleElement()
        .asString()
        .contains("owners[0].webhook.url: must begin with https://")
        .contains("webhook_allow_private");
    assertThat(
            ModelCatalogLoader.parse("models.yaml", "webhook_allow_private: true\n" + text)
                .owner(new Owner("ada"))
                .webhook()
                .orElseThrow()
                .allowPrivate())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "secret: env:A                              | webhook.url: is missing",
        "url: 'https://a/'                          | webhook.secret: is missing",
        "url: 'https://a/', secret: whsec_TOPSECRET | webhook.secret: must say where",
        "url: 'ftp://a/', secret: env:A             | webhook.url: must begin with https://",
        "url: 'https://u:pw@a/', secret: env:A      | webhook.url: must not hold a user name",
        "url: 'https:///x', secret: env:A           | webhook.url: has no host name",
        "url: 'https://a b/', secret: env:A         | webhook.url: is not a URL",
        "url: 'https://a:0/', secret: env:A         | webhook.url: has a port",
        "url: 'https://a/#x', secret: env:A         | webhook.url: must not have a part after #",
        "url: 'https://a/', secret: env:A, events: [line] | webhook.events: must be a list of"
            + " batch",
        "url: 'https://a/', secret: env:A, events: []     | webhook.events: is empty",
        "url: 'https://a/', secret: env:A, events: job    | webhook.events: must be a list",
        "url: 'https://a/', secret: env:A, even: 1        | webhook.even: is not a field here",
      })
  void parse_namesTheField_whenAWebhookIsWrong(String fields, String expected) {
    String text =
        "models: [{id: a, provider: simulated}]\nowners: [{name: ada, webhook: {"
            + fields
            + "}}]\n";
    assertThat(problemsOf(text))
        .singleElement()
        .asString()
        .contains("owners[0]." + expected)
        .doesNotContain("TOPSECRET")
        .doesNotContain("pw@");
  }
}
