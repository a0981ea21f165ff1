package io.promptbeam.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a poller is told of a job that waits, with a real engine on the Bigtable emulator. */
class WaitingIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static EmbeddedBigtable bigtable;

  @BeforeAll
  static void startBigtable() throws Exception {
    bigtable = EmbeddedBigtable.start();
  }

  @AfterAll
  static void stopBigtable() throws Exception {
    bigtable.close();
  }

  @Test
  void requestsPerMinute_bind() throws Exception {
    // One at once, then one every three seconds.
    try (Service service = new Service("requests", new RateLimits(20, RateLimits.UNLIMITED, 100))) {
      List<String> jobs = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        jobs.add(service.submit(""));
      }
      String last = jobs.get(5);
      JsonNode waiting = service.waiting(last, "requests");
      assertThat(waiting.path("position").asLong()).isBetween(1L, 5L);
      assertThat(waiting.path("ahead_of_owner").asLong()).isBetween(1L, 5L);
      assertThat(waiting.path("owner_share").asDouble()).isEqualTo(1);
      assertThat(waiting.path("message").asText())
          .startsWith("Model m is at its requests per minute; about ");
      JsonNode estimated =
          Await.until(
              "the start can be told",
              () -> service.status(last).json(),
              status -> status.at("/waiting/estimated_start_at").isTextual());
      assertThat(Instant.parse(estimated.at("/waiting/estimated_start_at").asText()))
          .isBetween(Instant.now(), Instant.now().plusSeconds(60));
      assertThat(estimated.path("poll_after_ms").asLong()).isBetween(500L, 60_000L);

      // A poller that knows it all is told so, and one that waits is not woken by numbers.
      Answer known = service.status(last);
      assertThat(known.tag()).startsWith("W/");
      Await.until(
          "a poll is answered 304",
          () -> service.status(last, "If-None-Match", service.status(last).tag()).status(),
          status -> status == 304);
      long before = System.nanoTime();
      Answer held = service.status(last, "If-None-Match", known.tag(), "Prefer", "wait=1");
      assertThat(held.status()).isIn(200, 304);
      assertThat(System.nanoTime() - before).isGreaterThan(900_000_000L);
      JsonNode done =
          Await.until(
              "the last job has ended",
              () -> service.status(last).json(),
              status -> status.path("is_complete").asBoolean());
      assertThat(done.path("status").asText()).isEqualTo("completed");
      assertThat(done.path("waiting").isNull()).isTrue();
    }
  }

  @Test
  void provider_asksForAPause() throws Exception {
    try (Service service = new Service("paused", RateLimits.NONE)) {
      service.answer =
          () ->
              CompletableFuture.failedFuture(
                  new LlmException.Throttled(
                      JobError.of(ErrorCodes.RATE_LIMITED, "too many"),
                      Optional.of(Duration.ofMinutes(2))));
      String first = service.submit("");
      JsonNode backoff = service.waiting(first, "retry_backoff");
      assertThat(Instant.parse(backoff.path("not_before").asText()))
          .isBetween(Instant.now().plusSeconds(60), Instant.now().plusSeconds(180));
      JsonNode paused = service.waiting(service.submit(""), "provider_paused");
      assertThat(Instant.parse(paused.path("paused_until").asText()))
          .isBetween(Instant.now().plusSeconds(60), Instant.now().plusSeconds(180));
    }
  }

  @Test
  void breaker_isOpen() throws Exception {
    try (Service service = new Service("breaker", RateLimits.NONE)) {
      service.answer =
          () ->
              CompletableFuture.failedFuture(
                  new LlmException.Unreachable(JobError.of(ErrorCodes.CONNECTION, "refused")));
      List<String> jobs = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        jobs.add(service.submit(""));
      }
      JsonNode waiting = service.waiting(jobs.get(9), "breaker_open");
      assertThat(waiting.path("message").asText())
          .startsWith("The provider has been failing since ")
          .contains("(" + ErrorCodes.CONNECTION + ")");
      assertThat(waiting.path("estimated_start_at").isNull()).isTrue();
    }
  }

  @Test
  void job_isScheduled() throws Exception {
    try (Service service = new Service("scheduled", RateLimits.NONE)) {
      String start = Instant.now().plusSeconds(3_600).toString().substring(0, 19) + ".000Z";
      String job = service.submit(",\"not_before\":\"" + start + "\"");
      Answer answer = service.status(job);
      assertThat(answer.json().path("not_before").asText()).isEqualTo(start);
      JsonNode waiting = answer.json().path("waiting");
      assertThat(waiting.path("reason").asText()).isEqualTo("scheduled");
      assertThat(waiting.path("not_before").asText()).isEqualTo(start);
      assertThat(waiting.path("estimated_start_at").asText()).isEqualTo(start);
      assertThat(answer.json().path("poll_after_ms").asLong()).isEqualTo(60_000);
      assertThat(service.published).as("left to the sweep").isEmpty();
    }
  }

  @Test
  void nobody_works() throws Exception {
    try (Service service = new Service("nobody", RateLimits.NONE, false)) {
      String job = service.submit("");
      assertThat(service.waiting(job, "queued").path("message").asText())
          .isEqualTo("It is on its way to a worker.");
      service.ahead = Duration.ofSeconds(20);
      assertThat(service.waiting(job, "no_worker").path("position").isNull()).isTrue();
    }
  }

  private record Answer(int status, String tag, String body) {
    JsonNode json() throws Exception {
      return JSON.readTree(body);
    }
  }

  /** Service and engine, each with a store of its own, and a queue that never fails. */
  private static final class Service
      implements AutoCloseable, LlmClients, LlmClient, JobPublisher, WorkListener {
    private final List<JobReference> published = new ArrayList<>();
    private final RateLimits limits;
    private final JobStore apiStore;
    private final JobStore workerStore;
    private final Optional<CallEngine> engine;
    private final ApiServer server;
    private final HttpClient http = HttpClient.newHttpClient();
    private volatile Duration ahead = Duration.ZERO;
    private volatile Supplier<CompletableFuture<LlmAnswer>> answer =
        () ->
            CompletableFuture.completedFuture(
                new LlmAnswer(
                    "{\"choices\":[{}]}".getBytes(StandardCharsets.UTF_8), Usage.of(10, 5)));

    Service(String instance, RateLimits limits) throws Exception {
      this(instance, limits, true);
    }

    Service(String instance, RateLimits limits, boolean works) throws Exception {
      this.limits = limits;
      var emulator = BigtableTarget.Emulator.at(bigtable.hostAndPort());
      var target =
          new BigtableTarget.Emulator(emulator.host(), emulator.port(), "project", instance);
      BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
      apiStore = BigtableJobStore.open(target);
      workerStore = BigtableJobStore.open(target);
      engine =
          works
              ? Optional.of(
                  CallEngine.start(
                      workerStore,
                      this,
                      model -> new WorkerQuota(limits, System.nanoTime()),
                      EngineConfig.DEFAULT))
              : Optional.empty();
      Clock clock =
          new Clock() {
            @Override
            public Instant instant() {
              return Instant.now().plus(ahead);
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          };
      server = new ApiServer(ApiConfig.loopback(0), apiStore, this, catalog(), clock);
      server.start();
    }

    String submit(String more) throws Exception {
      String body = "{\"model_id\":\"m\",\"full_input\":\"x\"" + more + "}";
      var request =
          HttpRequest.newBuilder(server.uri().resolve("/api/llm/jobs/submit/"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      var accepted = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
      return JSON.readTree(accepted.body()).path("job_id").asText();
    }

    Answer status(String job, String... headers) throws Exception {
      var request =
          HttpRequest.newBuilder(server.uri().resolve("/api/llm/jobs/" + job + "/status/"));
      if (headers.length > 0) {
        request.headers(headers);
      }
      var answered = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(
          answered.statusCode(), answered.headers().firstValue("ETag").orElse(""), answered.body());
    }

    JsonNode waiting(String job, String reason) throws Exception {
      return Await.until(
          "the job waits because of " + reason,
          () -> status(job).json().path("waiting"),
          waiting -> waiting.path("reason").asText().equals(reason));
    }

    @Override
    public CompletableFuture<Void> publish(JobReference reference) {
      published.add(reference);
      engine.ifPresent(worker -> worker.offer(new SingleJob(reference), this));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
      throw new UnsupportedOperationException("no batches here");
    }

    @Override
    public CompletableFuture<Void> publishTogether(List<JobReference> references) {
      return CompletableFuture.allOf(
          references.stream().map(this::publish).toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public void jobEnded(JobOutcome outcome) {}

    @Override
    public void itemFinished(WorkItem item) {}

    @Override
    public ModelCatalog catalog() {
      return new ModelCatalog(
          List.of(
              new ModelConfig(
                  "m",
                  ProviderKind.OPENAI,
                  Optional.of(URI.create("http://127.0.0.1:1/v1")),
                  Optional.empty(),
                  "m",
                  limits,
                  Pricing.FREE,
                  Timeouts.DEFAULT,
                  Optional.empty())));
    }

    @Override
    public LlmClient client(String modelId) {
      return this;
    }

    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      return answer.get();
    }

    @Override
    public void close() {
      server.close();
      engine.ifPresent(CallEngine::close);
      apiStore.close();
      workerStore.close();
    }
  }
}
