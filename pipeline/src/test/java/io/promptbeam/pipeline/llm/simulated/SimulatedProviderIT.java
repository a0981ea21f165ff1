package io.promptbeam.pipeline.llm.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.OutputText;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatedProviderIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final SecretResolver NO_SECRETS = new SecretResolver(name -> Optional.empty());

  private static HttpLlmClients open(String simulated) throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: [{id: sim, provider: simulated, simulated: {%s}}]".formatted(simulated));
    return HttpLlmClients.open(catalog, NO_SECRETS);
  }

  private static LlmRequest prompt(String text) {
    return new LlmRequest.Prompt(Optional.empty(), text, JSON.createObjectNode());
  }

  private static List<String> outcomes(HttpLlmClients clients, int count) throws Exception {
    var calls = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < count; i++) {
      calls.add(
          clients
              .client("sim")
              .call(prompt("Please summarise customer ticket number " + i), LONG)
              .handle(
                  (answer, failure) ->
                      failure instanceof LlmException e
                          ? e.error().code() + e.error().providerStatus()
                          : new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8)));
    }
    var outcomes = new ArrayList<String>();
    for (CompletableFuture<String> call : calls) {
      outcomes.add(call.get(30, TimeUnit.SECONDS));
    }
    return outcomes;
  }

  @Test
  void call_answersEveryEndpoint() throws Exception {
    try (var clients = open("latency_ms_median: 1")) {
      var client = clients.client("sim");
      JsonNode chat = tree(client.call(prompt("Summarise the refund policy"), LONG));
      assertThat(OutputText.of(chat).orElseThrow()).containsAnyOf("Summarise", "refund", "policy");

      for (String[] request :
          new String[][] {
            {"/v1/responses", "{\"input\":\"the refund policy\"}"},
            {"/v1/completions", "{\"prompt\":\"the refund policy\"}"},
          }) {
        LlmAnswer answer = client.call(nativeRequest(request[0], request[1]), LONG).get();
        assertThat(OutputText.of(JSON.readTree(answer.body())).orElseThrow())
            .containsAnyOf("refund", "policy");
        assertThat(answer.usage().inputTokens()).isEqualTo(5);
        assertThat(answer.usage().outputTokens()).isPositive();
      }
      JsonNode vectors =
          tree(
              client.call(
                  nativeRequest("/v1/embeddings", "{\"input\":[\"a\",\"b\"],\"dimensions\":8}"),
                  LONG));
      assertThat(vectors.path("data")).hasSize(2);
      assertThat(vectors.path("data").path(1).path("embedding")).hasSize(8);
      assertThat(clients.simulated("sim").orElseThrow().stats().ok()).isEqualTo(4);
    }
  }

  private static JsonNode tree(CompletableFuture<LlmAnswer> call) throws Exception {
    return JSON.readTree(call.get().body());
  }

  private static LlmRequest nativeRequest(String endpoint, String body) throws Exception {
    return new LlmRequest.Native(endpoint, (ObjectNode) JSON.readTree(body));
  }

  @Test
  void call_answersJson_whenThePromptAsksForIt() throws Exception {
    try (var clients = open("latency_ms_median: 1")) {
      JsonNode chat = tree(clients.client("sim").call(prompt("Answer in JSON: topics?"), LONG));

      assertThat(JSON.readTree(OutputText.of(chat).orElseThrow()).path("summary").isTextual())
          .isTrue();
    }
  }

  @Test
  void run_repeatsExactly_whenTheSeedIsTheSame() throws Exception {
    String behaviour =
        "seed: 5, latency_ms_median: 3, error_rate: 0.2, refusal_rate: 0.1, garbage_rate: 0.1";
    List<String> first;
    SimulatedStats stats;
    try (var clients = open(behaviour)) {
      first = outcomes(clients, 300);
      stats = clients.simulated("sim").orElseThrow().stats();
    }
    try (var clients = open(behaviour)) {
      assertThat(outcomes(clients, 300)).isEqualTo(first);
      assertThat(clients.simulated("sim").orElseThrow().stats().ok()).isEqualTo(stats.ok());
    }
    assertThat(stats.calls()).isEqualTo(300);
    assertThat(stats.errors()).isPositive();
    assertThat(stats.refusals()).isPositive();
    assertThat(stats.garbage()).isPositive();
    assertThat(stats.ok() + stats.errors() + stats.refusals() + stats.garbage()).isEqualTo(300);
    assertThat(stats.inFlight()).isZero();
    assertThat(first.stream().filter(text -> text.startsWith("{"))).hasSize((int) stats.ok());
    assertThat(first)
        .filteredOn(
            text ->
                text.startsWith(ErrorCodes.MALFORMED_ANSWER)
                    || text.startsWith(ErrorCodes.EMPTY_ANSWER))
        .hasSize((int) stats.garbage());
    assertThat(first)
        .filteredOn(text -> text.startsWith(ErrorCodes.INVALID_REQUEST))
        .hasSize((int) stats.refusals());
  }

  @Test
  void limit_answers429WithRetryAfter_whenTheSecondIsUsedUp() throws Exception {
    try (var clients = open("latency_ms_median: 0, requests_per_minute: 60")) {
      var client = clients.client("sim");
      client.call(prompt("first"), LONG).get();

      assertThatThrownBy(() -> client.call(prompt("second"), LONG).join())
          .cause()
          .isInstanceOfSatisfying(
              LlmException.Throttled.class,
              throttled ->
                  assertThat(throttled.retryAfter().orElseThrow())
                      .isBetween(Duration.ofMillis(1), Duration.ofSeconds(1)));
      assertThat(clients.simulated("sim").orElseThrow().stats().limited()).isEqualTo(1);
    }
  }

  @Test
  void stats_tellArrivalsAndReset() throws Exception {
    try (var clients = open("latency_ms_median: 20, latency_sigma: 0")) {
      SimulatedProvider provider = clients.simulated("sim").orElseThrow();
      var seen = new CopyOnWriteArrayList<String>();
      provider.observe((nanos, path, body) -> seen.add(path));

      outcomes(clients, 50);

      SimulatedStats stats = provider.stats();
      assertThat(provider.arrivalNanos()).hasSize(50).isSorted();
      assertThat(provider.arrivalNanos()[0]).isEqualTo(stats.firstCallNanos().orElseThrow());
      assertThat(stats.maxInFlight()).isBetween(1, 50);
      assertThat(seen).hasSize(50).containsOnly("/v1/chat/completions");
      provider.resetStats();
      assertThat(provider.stats().calls()).isZero();
      assertThat(provider.stats().firstCallNanos()).isEmpty();
    }
  }

  @Test
  void server_refusesWhatIsNoRequest_andListsItsModel() throws Exception {
    try (var clients = open("latency_ms_median: 1")) {
      URI base = clients.simulated("sim").orElseThrow().baseUrl();
      var http = HttpClient.newHttpClient();
      assertThat(status(http, base + "/chat/completions", "not json")).isEqualTo(400);
      assertThat(status(http, base + "/chat/completions", "{}")).isEqualTo(400);
      assertThat(status(http, base + "/chat/completions", "{\"stream\":true}")).isEqualTo(400);
      assertThat(status(http, base + "/chat/completions", "x".repeat(16_000_001))).isEqualTo(413);
      assertThat(status(http, base + "/images", "{}")).isEqualTo(404);
      String models =
          http.send(
                  HttpRequest.newBuilder(URI.create(base + "/models")).build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(JSON.readTree(models).path("data").path(0).path("id").asText()).isEqualTo("sim");
    }
  }

  private static int status(HttpClient http, String url, String body) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(url))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void open_namesTheReference_whenAKeyIsMissing() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            "models: [{id: a, provider: openai, base_url: 'http://127.0.0.1:1', api_key: 'env:NO'}]");

    assertThatThrownBy(() -> HttpLlmClients.open(catalog, NO_SECRETS))
        .isInstanceOf(SecretUnavailableException.class)
        .hasMessageStartingWith("env:NO is not set");
  }
}
