package io.promptbeam.local.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.job.Sha256;
import io.promptbeam.local.Await;
import io.promptbeam.local.admin.Exposition.Sample;
import io.promptbeam.local.cli.Program;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program after work of every kind, as Prometheus sees it; and the dashboard, the
 * alerts and the page about metrics against what it shows.
 */
@Timeout(300)
class MetricsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path OBSERVABILITY = Path.of("..", "observability");
  private static final Path DOCS = Path.of("..", "docs");
  private static final String OWNER = "acme-research";
  private static final String SECRET = "XYZZY";
  private static final String KEY = "key-" + SECRET;
  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}|req_|batch_|file-", Pattern.CASE_INSENSITIVE);

  private static final String MODELS =
      """
      models:
        - id: steady
          provider: simulated
          account: shared
          price_per_million_tokens: {input: 1.5, output: 6}
          simulated: {latency_ms_median: 40, latency_sigma: 0.3}
        - id: flaky
          provider: simulated
          max_in_flight: 5
          price_per_million_tokens: {input: 0.5, output: 2}
          simulated: {latency_ms_median: 20, error_rate: 0.2, refusal_rate: 0.2}
        - id: limited
          provider: simulated
          requests_per_minute: 600
          tokens_per_minute: 1000000
          input_tokens_per_minute: 800000
          output_tokens_per_minute: 700000
          max_in_flight: 50
          simulated: {latency_ms_median: 20}
        - id: down
          provider: openai
          base_url: http://127.0.0.1:1/v1
      accounts:
        - {id: shared, requests_per_minute: 60000, max_in_flight: 500}
      """;

  /** All but those of {@code down} end. */
  private static final List<String> ANSWERING = List.of("steady", "flaky", "limited");

  private static final List<String> ALL = List.of("steady", "flaky", "limited", "down");
  private static final int OF_EACH = 50;

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final List<Exposition> UNDER_WAY = new ArrayList<>();
  private static Program program;
  private static URI service;
  private static URI metrics;
  private static Path log;
  private static String text;
  private static Exposition scrape;

  @BeforeAll
  static void work(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("models.yaml"), MODELS);
    Files.writeString(
        directory.resolve("keys.txt"),
        OWNER + " " + Sha256.hex(KEY.getBytes(StandardCharsets.UTF_8)) + "\n");
    program =
        Program.start(
            directory,
            Map.of(),
            "up",
            "--port=0",
            "--admin-port=0",
            "--models=models.yaml",
            "--api-keys=keys.txt");
    metrics =
        URI.create(program.awaitOutput("Metrics: (http://127\\.0\\.0\\.1:\\d+/metrics)").group(1));
    log = Path.of(program.awaitOutput("Log: (\\S+)").group(1));
    service = URI.create(program.awaitOutput("up at (http://127\\.0\\.0\\.1:\\d+)").group(1));
    publish(program.awaitOutput("PUBSUB_EMULATOR_HOST=(\\S+)").group(1), "never a job " + SECRET);
    for (String model : ALL) {
      for (int i = 0; i < OF_EACH; i++) {
        assertThat(submit(model, i).statusCode()).isEqualTo(202);
        if (i % 10 == 0) {
          UNDER_WAY.add(scrape());
        }
      }
    }
    assertThat(submit("nobody-" + SECRET, 0).statusCode()).isEqualTo(400);
    get(service.resolve("/nothing/" + SECRET + "?" + SECRET + "=1"));
    UNDER_WAY.add(scrape());
    scrape =
        Await.until(
            "all is done, and known to be",
            Duration.ofMinutes(2),
            MetricsIT::scrape,
            MetricsIT::isDone);
    text = get(metrics).body();
    scrape = Exposition.parse(text);
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  private static boolean isDone(Exposition now) {
    return ANSWERING.stream()
            .allMatch(
                model -> now.sum("promptbeam_jobs_ended_total", Map.of("model", model)) == OF_EACH)
        && now.value("promptbeam_breaker_open", Map.of("model", "down")) == 1
        && now.value("promptbeam_messages_total", Map.of("became", "dead_letter")) == 1
        && now.value("promptbeam_http_requests_in_flight", Map.of()) == 0;
  }

  private static Exposition scrape() throws Exception {
    HttpResponse<String> answer = get(metrics);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    return Exposition.parse(answer.body());
  }

  private static HttpResponse<String> get(URI uri) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + KEY).build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> submit(String model, int number) throws Exception {
    var body = JSON.createObjectNode();
    body.put("model_id", model).put("full_input", "Say " + SECRET + " " + number);
    body.put("priority", number % 3 == 0 ? "interactive" : "batch");
    body.putObject("metadata").put(SECRET, SECRET);
    return HTTP.send(
        HttpRequest.newBuilder(service.resolve("/api/llm/jobs/submit/"))
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build(),
        BodyHandlers.ofString());
  }

  private static void publish(String emulator, String payload) {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(emulator).usePlaintext().build();
    try {
      var unused =
          PublisherGrpc.newBlockingStub(channel)
              .publish(
                  PublishRequest.newBuilder()
                      .setTopic(
                          PubsubNames.topicPath(
                              PubsubTarget.DEFAULT_LOCAL_PROJECT, PubsubNames.DEFAULT.jobsTopic()))
                      .addMessages(
                          PubsubMessage.newBuilder().setData(ByteString.copyFromUtf8(payload)))
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void callsStarted_areThoseThatEndedAndThoseInFlight_atAnyMoment() {
    UNDER_WAY.add(scrape);
    assertThat(UNDER_WAY).hasSizeGreaterThan(15);
    for (Exposition moment : UNDER_WAY) {
      for (String model : ALL) {
        Map<String, String> of = Map.of("model", model);
        assertThat(moment.value("promptbeam_calls_started_total", of))
            .as("calls of %s", model)
            .isEqualTo(
                moment.sum("promptbeam_calls_total", of)
                    + moment.value("promptbeam_calls_in_flight", of));
        assertThat(moment.value("promptbeam_calls_in_flight", of)).isNotNegative();
        assertThat(moment.sum("promptbeam_jobs_waiting", of)).isBetween(0.0, (double) OF_EACH);
      }
    }
  }

  @Test
  void figuresOfDoneWork_areThoseOfTheUsageReport() throws Exception {
    JsonNode usage =
        Await.until(
            "usage is written",
            () -> JSON.readTree(get(service.resolve("/api/llm/usage/?group_by=model")).body()),
            report -> ANSWERING.stream().allMatch(model -> jobs(row(report, model)) == OF_EACH));
    for (String model : ANSWERING) {
      JsonNode row = row(usage, model);
      Map<String, String> of = Map.of("model", model);
      for (String state : List.of("completed", "failed", "cancelled", "expired")) {
        assertThat(
                scrape.value("promptbeam_jobs_ended_total", Map.of("model", model, "state", state)))
            .as("%s jobs of %s", state, model)
            .isEqualTo(row.path("jobs").path(state).asDouble());
      }
      assertThat(scrape.sum("promptbeam_calls_total", of)).isEqualTo(row.path("calls").asDouble());
      assertThat(scrape.sum("promptbeam_tokens_total", of))
          .isEqualTo(row.path("usage").path("total_tokens").asDouble());
      assertThat(scrape.value("promptbeam_cost_usd_total", of))
          .isCloseTo(row.path("cost_usd").asDouble(), within(1e-9));
      assertThat(scrape.value("promptbeam_call_seconds_count", of))
          .isEqualTo(
              scrape.sum("promptbeam_calls_total", Map.of("model", model, "outcome", "answered")));
      assertThat(scrape.sum("promptbeam_jobs_waiting", of)).isZero();
    }
    assertThat(scrape.sum("promptbeam_jobs_ended_total", Map.of("state", "failed"))).isPositive();
    assertThat(scrape.sum("promptbeam_jobs_waiting", Map.of("model", "down"))).isEqualTo(OF_EACH);
  }

  private static JsonNode row(JsonNode usage, String model) {
    for (JsonNode row : usage.path("rows")) {
      if (row.path("model_id").asText().equals(model)) {
        return row;
      }
    }
    return JSON.createObjectNode();
  }

  private static long jobs(JsonNode usageRow) {
    long sum = 0;
    for (JsonNode state : usageRow.path("jobs")) {
      sum += state.asLong();
    }
    return sum;
  }

  @Test
  void requests_areCountedOnce_andTheirTimesWithThem() {
    int all = ALL.size() * OF_EACH;
    Map<String, String> submit = Map.of("route", "/api/llm/jobs/submit", "method", "POST");
    assertThat(scrape.sum("promptbeam_http_requests_total", with(submit, "status", "202")))
        .isEqualTo(all);
    assertThat(scrape.sum("promptbeam_http_requests_total", with(submit, "status", "400")))
        .isEqualTo(1);
    assertThat(
            scrape.value(
                "promptbeam_http_requests_total",
                Map.of("route", "unrouted", "method", "GET", "status", "404")))
        .isEqualTo(1);
    for (Sample count : scrape.of("promptbeam_http_request_seconds_count")) {
      assertThat(count.value())
          .as(count.toString())
          .isEqualTo(scrape.sum("promptbeam_http_requests_total", count.labels()));
    }
  }

  private static Map<String, String> with(Map<String, String> labels, String name, String value) {
    Map<String, String> more = new TreeMap<>(labels);
    more.put(name, value);
    return more;
  }

  @Test
  void limits_areThoseOfModelsYaml() {
    Map<String, Double> limits =
        scrape.of("promptbeam_quota_limit").stream()
            .collect(
                Collectors.toMap(
                    s -> s.labels().get("model") + " " + s.labels().get("limit"), Sample::value));
    assertThat(limits)
        .containsEntry("limited requests_per_minute", 600.0)
        .containsEntry("limited tokens_per_minute", 1_000_000.0)
        .containsEntry("limited input_tokens_per_minute", 800_000.0)
        .containsEntry("limited output_tokens_per_minute", 700_000.0)
        .containsEntry("flaky max_in_flight", 5.0)
        .doesNotContainKeys("flaky requests_per_minute", "steady requests_per_minute");
    assertThat(
            scrape.value(
                "promptbeam_account_quota_limit",
                Map.of("account", "shared", "limit", "requests_per_minute")))
        .isEqualTo(60_000);
  }

  @Test
  void scrapeAndLog_tellNothingOfOwnersJobsOrPrompts() throws Exception {
    assertThat(text).doesNotContain(SECRET, OWNER).doesNotContainPattern(ID);
    String lines = Files.readString(log);
    assertThat(lines).doesNotContain(SECRET);
    assertThat(lines.lines().filter(line -> line.contains(".AccessLog: ")))
        .hasSize(ALL.size() * OF_EACH + 1)
        .allMatch(
            line ->
                line.matches(
                    ".* INFO .*AccessLog: request req_[0-9a-f]{32}:"
                        + " POST /api/llm/jobs/submit (202|400) [0-9]+ us"));
  }

  @Test
  void probes_answerWhileItLives() throws Exception {
    assertThat(get(metrics.resolve("/livez")).statusCode()).isEqualTo(200);
    HttpResponse<String> ready = get(metrics.resolve("/readyz"));
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(ready.body()).path("checks").fieldNames())
        .toIterable()
        .containsExactly("pipeline", "store");
  }

  /** Everything the files ask Prometheus for, by where it stands. */
  private static Map<String, String> expressions() throws Exception {
    Map<String, String> all = new TreeMap<>();
    JsonNode dashboard = JSON.readTree(OBSERVABILITY.resolve("grafana-dashboard.json").toFile());
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        all.put(
            panel.path("title").asText() + " " + target.path("refId").asText(),
            target.path("expr").asText());
      }
    }
    for (AlertRule rule : AlertRule.read(OBSERVABILITY.resolve("alerts.yaml"))) {
      all.put(rule.name(), rule.expression());
    }
    return all;
  }

  @Test
  void dashboardAndAlerts_askForWhatThereIs() throws Exception {
    Map<String, String> expressions = expressions();
    assertThat(expressions).hasSizeGreaterThan(45);
    Map<String, Set<String>> known = scrape.labelNames();
    for (var expression : expressions.entrySet()) {
      PromQl asked = PromQl.parse(expression.getValue());
      // Prometheus adds these two; le is of buckets.
      Set<String> labels = new TreeSet<>(Set.of("instance", "job", "le"));
      for (PromQl.Selector selector : asked.selectors()) {
        List<Sample> samples = scrape.of(selector.metric());
        assertThat(samples).as("%s: %s", expression.getKey(), selector.metric()).isNotEmpty();
        samples.forEach(sample -> labels.addAll(sample.labels().keySet()));
        assertThat(samples)
            .as("%s: %s", expression.getKey(), selector)
            .anyMatch(s -> s.labels().entrySet().containsAll(selector.equal().entrySet()))
            .anyMatch(s -> s.labels().keySet().containsAll(selector.labels()));
      }
      assertThat(labels).as(expression.getKey()).containsAll(asked.grouping());
    }
    JsonNode variables =
        JSON.readTree(OBSERVABILITY.resolve("grafana-dashboard.json").toFile())
            .path("templating")
            .path("list");
    assertThat(variables.path(1).path("definition").asText())
        .isEqualTo("label_values(promptbeam_calls_started_total, model)");
    assertThat(known.get("promptbeam_calls_started_total")).contains("model");
  }

  @Test
  void alerts_sayWhatToDo_inSectionsThatExist() throws Exception {
    Set<String> anchors =
        Files.readAllLines(DOCS.resolve("operations.md")).stream()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
            .map(title -> title.replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
            .collect(Collectors.toSet());
    List<AlertRule> rules = AlertRule.read(OBSERVABILITY.resolve("alerts.yaml"));
    assertThat(rules).hasSizeGreaterThan(8);
    for (AlertRule rule : rules) {
      assertThat(rule.severity()).as(rule.name()).isIn("page", "ticket");
      assertThat(rule.summary()).as(rule.name()).isNotBlank();
      assertThat(rule.action()).as(rule.name()).isNotBlank();
      assertThat(rule.runbook()).startsWith("docs/operations.md#");
      assertThat(anchors).contains(rule.runbook().substring("docs/operations.md#".length()));
    }
    String page = Files.readString(DOCS.resolve("metrics.md"));
    assertThat(rules).allMatch(rule -> page.contains("`" + rule.name() + "`"));
  }

  @Test
  void page_namesEveryMetric_andNoOther() throws Exception {
    Pattern row = Pattern.compile("\\| `(promptbeam_\\w+)` \\| (\\w+) \\|([^|]*)\\|.*");
    Map<String, String> documented = new TreeMap<>();
    for (String line : Files.readAllLines(DOCS.resolve("metrics.md"))) {
      var match = row.matcher(line);
      if (match.matches()) {
        Set<String> labels = new TreeSet<>();
        for (String label : match.group(3).replace("`", "").split(",", -1)) {
          labels.add(label.strip());
        }
        labels.remove("");
        documented.put(match.group(1), match.group(2) + " " + labels);
      }
    }
    Map<String, String> served = new TreeMap<>();
    scrape
        .labelNames()
        .forEach(
            (name, labels) -> {
              if (name.startsWith("promptbeam_")) {
                served.put(name, scrape.types().get(name) + " " + new TreeSet<>(labels));
              }
            });
    assertThat(documented).isEqualTo(served);
  }
}
