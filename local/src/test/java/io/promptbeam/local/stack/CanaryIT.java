package io.promptbeam.local.stack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.pubsub.v1.PubsubMessage;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiKeys;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.Sha256;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.CatalogWorkerFactory;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.JobEvents;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.HttpLlmClients;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.store.AllRows;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets and prompts that nobody else has, put where they belong, and then looked for everywhere
 * else: in logs, rows, messages, answers and errors.
 */
@Timeout(180)
class CanaryIT {
  private static final String ID = UUID.randomUUID().toString().replace("-", "");

  /** Without the marks by which keys are known, so that nothing but its value gives it away. */
  private static final String ENV_KEY = "canaryEnv" + ID;

  private static final String FILE_KEY = "canaryFile" + ID;
  private static final String API_KEY = "canaryApi" + ID;
  private static final String WEBHOOK = "whsec_Q2FuYXJ5" + ID;
  private static final String PROMPT = "canaryPrompt" + ID;
  private static final List<String> SECRETS = List.of(ENV_KEY, FILE_KEY, API_KEY, WEBHOOK);

  private static final List<String> ENDING = List.of("good", "refuse", "plain", "garbage");
  private static final List<String> FAILING = List.of("fail", "drop", "nobody", "crash");

  private final Closing closing = new Closing();
  private final KeptLogs logs = closing.add("logs", new KeptLogs());
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> answers = new ArrayList<>();
  private final BigtableTarget.Emulator rows;
  private final Stack stack;
  private final ProbeSubscriptions messages;
  private final EchoingProvider provider;
  private final WebhookReceiver receiver;
  private final ModelCatalog models;
  private final ApiServer server;

  CanaryIT(@TempDir Path directory) throws Exception {
    provider = closing.add("provider", new EchoingProvider());
    receiver = closing.add("receiver", new WebhookReceiver());
    EmbeddedBigtable bigtable = closing.add("Bigtable", EmbeddedBigtable.start());
    rows = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createEmbedded(rows);
    stack = closing.add("stack", Stack.open(new Backends(Optional.of(rows), Optional.empty())));
    messages =
        closing.add(
            "messages", new ProbeSubscriptions((PubsubTarget.Emulator) stack.queueTarget()));
    Path key = Files.writeString(directory.resolve("key"), FILE_KEY + "\n");
    Path secret = Files.writeString(directory.resolve("webhook"), WEBHOOK + "\n");
    StringBuilder yaml = new StringBuilder("webhook_allow_private: true\nmodels:\n");
    for (String kind :
        List.of("good", "refuse", "plain", "garbage", "fail", "drop", "nobody", "crash")) {
      String url = kind.equals("nobody") ? "http://127.0.0.1:1/v1" : provider.url(kind);
      String reference = kind.equals("good") || kind.equals("fail") ? "env:CANARY" : "file:" + key;
      yaml.append("- {id: " + kind + ", provider: openai, base_url: '" + url + "', api_key: '")
          .append(reference + "', upstream_model: m, requests_per_minute: 6000}\n");
    }
    yaml.append("owners: [{name: ann, webhook: {url: '" + receiver.url() + "', secret: 'file:")
        .append(secret + "', events: [job]}}]\n");
    models = ModelCatalogLoader.parse("models.yaml", yaml.toString());
    String hash = Sha256.hex(API_KEY.getBytes(UTF_8));
    Path keys = Files.writeString(directory.resolve("keys"), "ann " + hash + "\n");
    server =
        closing.add(
            "server",
            new ApiServer(
                ApiConfig.loopback(0).withKeys(ApiKeys.read(keys)),
                stack.store(),
                stack.publisher(),
                models,
                Clock.systemUTC()));
    server.start();
  }

  @AfterEach
  void close() {
    closing.close();
  }

  /** One model's client has a defect. */
  private record Crashing(LlmClients real) implements LlmClients {
    @Override
    public ModelCatalog catalog() {
      return real.catalog();
    }

    @Override
    public LlmClient client(String modelId) {
      if (!modelId.equals("crash")) {
        return real.client(modelId);
      }
      return (request, options, timeout) -> {
        throw new IllegalStateException("a defect");
      };
    }

    @Override
    public void close() {
      real.close();
    }
  }

  private void startPipeline() {
    var secrets =
        new SecretResolver(name -> Optional.of(name).filter("CANARY"::equals).map(n -> ENV_KEY));
    LlmClients clients = new Crashing(HttpLlmClients.open(models, secrets));
    var worker =
        new EngineWorker(
            BigtableJobStore.open(rows),
            clients,
            EngineConfig.DEFAULT,
            stack.jobEvents(),
            () -> {});
    closing.add("pipeline", LocalPipeline.start(stack.queueTarget(), PubsubNames.DEFAULT, worker));
  }

  private HttpResponse<String> call(String method, String path, String body, String key)
      throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(server.uri() + path))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    answers.add(answer.headers().map() + " " + answer.body());
    return answer;
  }

  private String statusOf(String job) throws Exception {
    return call("GET", "/api/llm/jobs/" + job + "/status", "", API_KEY).body();
  }

  /** A call that was never sent gives its attempt back; its error stays. */
  private static boolean wasTried(String status) {
    return !status.contains("\"attempt\":0") || !status.contains("\"last_error\":null");
  }

  /** Each kind of call once, and what strangers and mistakes are told. */
  private void runEverything() throws Exception {
    startPipeline();
    Map<String, String> jobs = new LinkedHashMap<>();
    for (ModelConfig model : models.models()) {
      String kind = model.id();
      String body = "{\"model_id\":\"" + kind + "\",\"full_input\":\"" + PROMPT + "\"}";
      String submitted = call("POST", "/api/llm/jobs/submit", body, API_KEY).body();
      jobs.put(kind, submitted.replaceFirst(".*\"job_id\":\"([^\"]+)\".*", "$1"));
    }
    for (String kind : ENDING) {
      var unused =
          Await.until(
              kind + " has ended",
              () -> statusOf(jobs.getOrDefault(kind, "none")),
              status -> status.contains("\"is_complete\":true"));
      call("GET", "/api/llm/jobs/" + jobs.getOrDefault(kind, "none") + "/result", "", API_KEY);
    }
    for (String kind : FAILING) {
      var unused =
          Await.until(
              kind + " was tried",
              () -> statusOf(jobs.getOrDefault(kind, "none")),
              CanaryIT::wasTried);
      call("POST", "/api/llm/jobs/" + jobs.getOrDefault(kind, "none") + "/cancel", "", API_KEY);
    }
    call("GET", "/api/llm/jobs", "", API_KEY);
    call("GET", "/api/llm/models", "", API_KEY);
    call("GET", "/api/llm/jobs", "", API_KEY + "x");
    call("POST", "/v1/batches", "{\"" + API_KEY, API_KEY);
    var told = Await.until("webhooks came", receiver::taken, all -> all.size() >= ENDING.size());
    assertThat(told).extracting(WebhookReceiver.Received::body).noneMatch(CanaryIT::isSecret);
    messages.publish(PubsubNames.DEFAULT.jobsTopic(), "{\"no\": \"job\"}");
    var dead =
        Await.until("a letter is dead", messages::deadLetters, letters -> !letters.isEmpty());
    assertThat(dead).hasSize(1);
  }

  private static boolean isSecret(String text) {
    return SECRETS.stream().anyMatch(text::contains);
  }

  private static boolean isPrompt(String text) {
    return text.contains(PROMPT);
  }

  @Test
  void secretsAndPrompts_stayWhereTheyBelong_whateverHappens() throws Exception {
    runEverything();
    assertThat(provider.keys())
        .as("the canaries were really used")
        .containsEntry("good", "Bearer " + ENV_KEY)
        .containsEntry("fail", "Bearer " + ENV_KEY)
        .containsEntry("refuse", "Bearer " + FILE_KEY)
        .containsKeys("plain", "garbage", "drop");

    assertThat(logs.lines()).isNotEmpty().noneMatch(CanaryIT::isSecret);
    assertThat(logs.lines()).noneMatch(CanaryIT::isPrompt);
    assertThat(AllRows.of(rows)).hasSizeGreaterThan(20).noneMatch(CanaryIT::isSecret);
    assertThat(AllRows.of(rows)).as("rows are where prompts belong").anyMatch(CanaryIT::isPrompt);
    List<String> published = texts(messages.all());
    assertThat(published).isNotEmpty().noneMatch(CanaryIT::isSecret).noneMatch(CanaryIT::isPrompt);
    assertThat(answers).isNotEmpty().noneMatch(CanaryIT::isSecret);
  }

  private static List<String> texts(List<PubsubMessage> messages) {
    return messages.stream().map(m -> m.getAttributesMap() + m.getData().toStringUtf8()).toList();
  }

  @Test
  void whatAJobGraphHolds_isReferencesOnly(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("models.yaml");
    Files.writeString(
        file, "models: [{id: m, provider: openai, api_key: 'env:CANARY', upstream_model: m}]\n");
    var factory = new CatalogWorkerFactory(rows.toString(), file.toString(), JobEvents.OFF);
    assertThat(serialized(factory)).contains(file.toString()).doesNotContain(ENV_KEY);
    var planted = new CatalogWorkerFactory(ENV_KEY, file.toString(), JobEvents.OFF);
    assertThat(serialized(planted)).as("a planted one is found").contains(ENV_KEY);
  }

  private static String serialized(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toString(ISO_8859_1);
  }

  @Test
  void badCatalog_isRefusedWithoutItsSecrets() {
    for (String wrong :
        List.of(
            "models: [{id: m, provider: openai, api_key: '" + FILE_KEY + "', upstream_model: m}]",
            "models: [{id: m, provider: openai, api_key: [" + FILE_KEY + "], upstream_model: m}]",
            "models: [{id: m, provider: openai, api_key: env:"
                + FILE_KEY
                + "!, upstream_model: m}]",
            "models: [{id: m, provider: openai, api_key: \"" + FILE_KEY + "\n",
            "models: [{id: m, provider: simulated}]\nowners: [{name: ann, webhook: {url:"
                + " 'https://example.com/', secret: '"
                + WEBHOOK
                + "', events: [job]}}]")) {
      assertThatThrownBy(() -> ModelCatalogLoader.parse("models.yaml", wrong))
          .as(wrong)
          .isInstanceOf(InvalidCatalogException.class)
          .satisfies(failure -> assertThat(isSecret(failure.toString())).isFalse());
    }
  }

  @Test
  void search_findsWhatIsPlanted() throws Exception {
    org.slf4j.LoggerFactory.getLogger("io.promptbeam.planted").trace("planted {}", FILE_KEY);
    assertThat(logs.lines()).anyMatch(CanaryIT::isSecret);
    messages.publish(PubsubNames.DEFAULT.jobsTopic(), ENV_KEY);
    var found = Await.until("it is pulled", () -> texts(messages.all()), all -> !all.isEmpty());
    assertThat(found).anyMatch(CanaryIT::isSecret);
    String body = "{\"model_id\":\"good\",\"full_input\":\"" + FILE_KEY + "\"}";
    assertThat(call("POST", "/api/llm/jobs/submit", body, API_KEY).statusCode()).isEqualTo(202);
    assertThat(AllRows.of(rows)).anyMatch(CanaryIT::isSecret);
  }
}
