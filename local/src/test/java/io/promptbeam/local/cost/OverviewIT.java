package io.promptbeam.local.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.IssuedKeys;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the overview tells while jobs wait, are called and end, with a real worker and store. */
@Timeout(180)
class OverviewIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Owner ANN = new Owner("ann");
  private static final Owner BOB = new Owner("bob");

  /** As the model of {@link PricedClients} has it. */
  private static final int MAX_IN_FLIGHT = 20;

  private static final int INTERACTIVE = 30;
  private static final int BATCH = 20;
  private static final int FAILURES = 8;
  private static final Usage USAGE = new Usage(100, 0, 10, 0);

  private final ConcurrentLinkedQueue<CompletableFuture<LlmAnswer>> calls =
      new ConcurrentLinkedQueue<>();
  private final AtomicLong called = new AtomicLong();
  private final HttpClient http = HttpClient.newHttpClient();
  private EmbeddedBigtable bigtable;
  private BigtableJobStore store;
  private EngineWorker worker;
  private ApiServer server;
  private String admin;
  private String ann;
  private volatile boolean held = true;

  @BeforeEach
  void start() throws Exception {
    bigtable = EmbeddedBigtable.start();
    BigtableTarget target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    var clients =
        new PricedClients(List.of(PricedClients.model("cheap", "1", "1", "2")), model -> call());
    worker = new EngineWorker(BigtableJobStore.open(target), clients, EngineConfig.DEFAULT);
    server =
        new ApiServer(
            ApiConfig.loopback(0).withAccess(Access.LOOPBACK.withStoredKeys()),
            store,
            JobPublisher.NONE,
            clients::catalog,
            Clock.systemUTC());
    server.start();
    admin = key("root", Scope.ADMIN);
    ann = key("ann", Scope.READ);
  }

  @AfterEach
  void stop() {
    server.close();
    worker.close();
    store.close();
    bigtable.close();
  }

  private String key(String owner, Scope scope) {
    return new IssuedKeys(store.apiKeys(), Clock.systemUTC())
        .create(
            new KeyRequest(
                new Owner(owner),
                "main",
                Optional.of(Set.of(scope)),
                Optional.empty(),
                Optional.empty()))
        .join()
        .text()
        .reveal();
  }

  private CompletableFuture<LlmAnswer> call() {
    CompletableFuture<LlmAnswer> call = new CompletableFuture<>();
    if (held) {
      calls.add(call);
    } else {
      end(call);
    }
    return call;
  }

  private void end(CompletableFuture<LlmAnswer> call) {
    if (called.incrementAndGet() <= FAILURES) {
      call.completeExceptionally(
          new LlmException.Permanent(JobError.of(ErrorCodes.INVALID_REQUEST, "no")));
    } else {
      call.complete(
          new LlmAnswer(
              "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}".getBytes(StandardCharsets.UTF_8),
              USAGE));
    }
  }

  private void offer(Owner owner, Priority priority, int count) {
    Instant now = Instant.now();
    for (int i = 0; i < count; i++) {
      var spec =
          new JobSpec(
              JobId.random(),
              owner,
              "cheap",
              JobLabels.ofType(JobLabels.GENERIC),
              new JobLimits(priority, 200, now.plusSeconds(3_600), 3),
              now,
              Optional.empty());
      var request =
          new LlmRequest.Prompt(Optional.empty(), "Hello.", JsonNodeFactory.instance.objectNode());
      var job = store.create(spec, request).join().job();
      worker
          .engine()
          .offer(
              new SingleJob(JobReference.to(job.spec())),
              new WorkListener() {
                @Override
                public void jobEnded(JobOutcome outcome) {}

                @Override
                public void itemFinished(WorkItem item) {}
              });
    }
  }

  private JsonNode get(String path, String key) throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create(server.uri() + path))
                .header("Authorization", "Bearer " + key)
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private JsonNode overview(String key) throws Exception {
    return get("/api/llm/overview/", key);
  }

  @Test
  void overview_followsFiftyJobs_fromTheirQueueToTheirEnd() throws Exception {
    JsonNode before =
        Await.until("a worker", () -> overview(admin), o -> o.path("workers").asInt() == 1);
    assertThat(before.path("calls_in_flight").asInt()).isZero();
    assertThat(before.path("latency_ms").isNull()).isTrue();
    assertThat(before.at("/today/calls").asInt()).isZero();

    offer(ANN, Priority.INTERACTIVE, INTERACTIVE);
    offer(BOB, Priority.BATCH, BATCH);
    JsonNode waiting =
        Await.until(
            "the limit in flight",
            () -> overview(admin),
            o ->
                o.path("calls_in_flight").asInt() == MAX_IN_FLIGHT
                    && o.path("waiting").asInt() == INTERACTIVE + BATCH - MAX_IN_FLIGHT);
    JsonNode model = waiting.path("models").get(0);
    assertThat(model.at("/used/max_in_flight").asInt()).isEqualTo(MAX_IN_FLIGHT);
    assertThat(model.at("/limits/max_in_flight").asInt()).isEqualTo(MAX_IN_FLIGHT);
    int interactive = model.at("/waiting/interactive").asInt();
    assertThat(interactive).isBetween(INTERACTIVE - MAX_IN_FLIGHT, INTERACTIVE);
    assertThat(model.at("/waiting/batch").asInt())
        .isEqualTo(INTERACTIVE + BATCH - MAX_IN_FLIGHT - interactive);
    assertThat(model.at("/health/state").asText()).isEqualTo("closed");
    JsonNode own = overview(ann);
    assertThat(own.path("waiting").asInt()).as("ann's, of %s", own).isEqualTo(interactive);
    assertThat(own.path("calls_in_flight").isNull()).isTrue();

    held = false;
    calls.forEach(this::end);
    JsonNode after =
        Await.until(
            "all ended",
            () -> overview(admin),
            o ->
                o.at("/today/jobs/completed").asInt() + o.at("/today/jobs/failed").asInt()
                        == INTERACTIVE + BATCH
                    && o.path("calls_in_flight").asInt() == 0
                    && o.path("waiting").asInt() == 0);
    assertThat(after.at("/today/jobs/failed").asInt()).isEqualTo(FAILURES);
    assertThat(after.at("/today/calls").asInt()).isEqualTo(INTERACTIVE + BATCH);
    assertThat(after.at("/today/failed_calls").asInt()).isEqualTo(FAILURES);
    int answered = INTERACTIVE + BATCH - FAILURES;
    assertThat(after.at("/today/total_tokens").asLong()).isEqualTo(answered * USAGE.totalTokens());
    assertThat(after.at("/today/cost_usd").decimalValue())
        .isEqualByComparingTo(JSON.readTree("" + answered * 120).decimalValue().movePointLeft(6));
    assertThat(after.path("failures").toString())
        .isEqualTo("[{\"code\":\"invalid_request\",\"count\":" + FAILURES + "}]");
    assertThat(after.path("jobs_per_second").asDouble())
        .isBetween(50 / 65.0 - 0.01, 50 / 60.0 + 0.01);
    assertThat(after.at("/models/0/used/requests_per_minute").asInt()).isBetween(46, 50);
    long p50 = after.at("/latency_ms/p50").asLong();
    long p99 = after.at("/latency_ms/p99").asLong();
    assertThat(p50).isBetween(0L, p99);
    assertThat(p99).as("some were held").isPositive();
    assertThat(overview(ann).at("/today/calls").asInt()).isEqualTo(INTERACTIVE);
    assertThat(get("/api/llm/models/", ann).at("/models/0/health/state").asText())
        .isEqualTo("closed");
  }

  @Test
  void health_turnsOpen_whenTheProviderFails() throws Exception {
    held = true;
    offer(ANN, Priority.INTERACTIVE, MAX_IN_FLIGHT);
    var unused = Await.until("calls", () -> calls.size(), size -> size == MAX_IN_FLIGHT);
    calls.forEach(
        call ->
            call.completeExceptionally(
                new LlmException.Transient(
                    JobError.of(ErrorCodes.PROVIDER_ERROR, "down"),
                    Optional.of(Duration.ofSeconds(30)))));
    JsonNode open =
        Await.until(
            "an open breaker",
            () -> get("/api/llm/models/", ann).path("models").get(0).path("health"),
            health -> health.path("state").asText().equals("open"));
    assertThat(open.path("error_code").asText()).isEqualTo("provider_error");
    assertThat(Instant.parse(open.path("since").asText()))
        .isBetween(Instant.now().minusSeconds(60), Instant.now());
    assertThat(worker.engine().failing()).containsOnlyKeys("cheap");
  }
}
