package io.promptbeam.local.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.CallRecord;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.engine.Backoff;
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
import io.promptbeam.store.JobStore;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is counted is what stands in the job rows, to the last picodollar. */
@Timeout(180)
class UsageIT {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final byte[] BODY =
      "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}".getBytes(StandardCharsets.UTF_8);
  private static final EngineConfig FAST =
      new EngineConfig(
          Duration.ofSeconds(60),
          Duration.ofMillis(2),
          100,
          new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
          Duration.ofSeconds(2));
  private static final int JOBS = 200;

  private final Random random = new Random(11);
  private final HttpClient http = HttpClient.newHttpClient();
  private EmbeddedBigtable bigtable;
  private BigtableTarget target;
  private BigtableJobStore store;
  private PricedClients clients;
  private ApiServer server;

  @BeforeEach
  void start() throws Exception {
    bigtable = EmbeddedBigtable.start();
    target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    clients =
        new PricedClients(
            List.of(
                PricedClients.model("cheap", "0.075", "0.018750", "0.3"),
                PricedClients.model("dear", "2.5", "1.25", "10"),
                PricedClients.model("odd", "0.123457", "0.000001", "7.654321")),
            model -> answer());
    server =
        new ApiServer(
            ApiConfig.loopback(0), store, JobPublisher.NONE, clients::catalog, Clock.systemUTC());
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
    bigtable.close();
  }

  private synchronized CompletableFuture<LlmAnswer> answer() {
    Usage usage =
        new Usage(
            100 + random.nextInt(10_000),
            random.nextInt(100),
            random.nextInt(3_000),
            random.nextInt(50));
    int drawn = random.nextInt(10);
    if (drawn == 0) {
      return CompletableFuture.failedFuture(
          new LlmException.Permanent(JobError.of(ErrorCodes.INVALID_REQUEST, "no")));
    } else if (drawn < 3) {
      return CompletableFuture.failedFuture(
          new LlmException.Transient(
              JobError.of(ErrorCodes.PROVIDER_ERROR, "later"), Optional.empty()));
    }
    return CompletableFuture.completedFuture(new LlmAnswer(BODY, usage));
  }

  private EngineWorker worker() {
    return new EngineWorker(BigtableJobStore.open(target), clients, FAST);
  }

  private List<Job> create(Owner owner, int count) {
    List<Job> jobs = new ArrayList<>();
    List<String> models = List.of("cheap", "dear", "odd");
    Instant now = Instant.now();
    for (int i = 0; i < count; i++) {
      var spec =
          new JobSpec(
              JobId.random(),
              owner,
              models.get(i % models.size()),
              JobLabels.ofType(JobLabels.GENERIC),
              new JobLimits(
                  Priority.INTERACTIVE,
                  2_000,
                  1_000,
                  now.plusSeconds(3_600),
                  1 + i % 3,
                  Optional.empty()),
              now,
              Optional.empty());
      var request =
          new LlmRequest.Prompt(Optional.empty(), "Hello.", JsonNodeFactory.instance.objectNode());
      jobs.add(store.create(spec, request).join().job());
    }
    return jobs;
  }

  private static void run(List<Job> jobs, List<EngineWorker> workers) throws Exception {
    CountDownLatch finished = new CountDownLatch(jobs.size());
    for (int i = 0; i < jobs.size(); i++) {
      workers
          .get(i % workers.size())
          .engine()
          .offer(
              new SingleJob(JobReference.to(jobs.get(i).spec())),
              new WorkListener() {
                @Override
                public void jobEnded(JobOutcome outcome) {}

                @Override
                public void itemFinished(WorkItem item) {
                  finished.countDown();
                }
              });
    }
    assertThat(finished.await(120, TimeUnit.SECONDS)).as("all jobs ended").isTrue();
  }

  private JsonNode get(String query) throws Exception {
    HttpResponse<String> response = answerTo(query);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private HttpResponse<String> answerTo(String query) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(server.uri() + "/api/llm/usage" + query)).build(),
        BodyHandlers.ofString());
  }

  /** The truth: sums over the job rows. */
  private Map<String, BigDecimal> sums(List<Job> jobs) {
    Map<String, BigDecimal> sums = new HashMap<>();
    List<JobId> ids = jobs.stream().map(job -> job.spec().id()).toList();
    for (Job job : store.read(ids, Set.<JobStore.Part>of()).join().values()) {
      String ended = "jobs." + job.run().state().wireName();
      sums.merge(ended + ":" + job.spec().modelId(), BigDecimal.ONE, BigDecimal::add);
      for (CallRecord call : job.run().calls()) {
        String of = ":" + call.modelId();
        sums.merge("calls" + of, BigDecimal.ONE, BigDecimal::add);
        if (call.errorCode().isPresent()) {
          sums.merge("failed" + of, BigDecimal.ONE, BigDecimal::add);
        }
        Usage usage = call.usage().orElse(Usage.NONE);
        sums.merge("input" + of, BigDecimal.valueOf(usage.inputTokens()), BigDecimal::add);
        sums.merge("cached" + of, BigDecimal.valueOf(usage.cachedInputTokens()), BigDecimal::add);
        sums.merge("output" + of, BigDecimal.valueOf(usage.outputTokens()), BigDecimal::add);
        sums.merge("reasoning" + of, BigDecimal.valueOf(usage.reasoningTokens()), BigDecimal::add);
        sums.merge("cost" + of, call.costUsd().orElse(BigDecimal.ZERO), BigDecimal::add);
      }
    }
    sums.replaceAll((name, sum) -> sum.stripTrailingZeros());
    sums.values().removeIf(sum -> sum.signum() == 0);
    return sums;
  }

  /** What the service answers, under the same names. */
  private static Map<String, BigDecimal> counted(JsonNode byModel) {
    Map<String, BigDecimal> sums = new HashMap<>();
    for (JsonNode row : byModel.path("rows")) {
      String of = ":" + row.path("model_id").asText();
      sums.put("calls" + of, row.path("calls").decimalValue());
      sums.put("failed" + of, row.path("failed_calls").decimalValue());
      for (String state : List.of("completed", "failed", "cancelled", "expired")) {
        sums.put("jobs." + state + of, row.path("jobs").path(state).decimalValue());
      }
      JsonNode usage = row.path("usage");
      sums.put("input" + of, usage.path("input_tokens").decimalValue());
      sums.put("cached" + of, usage.path("cached_input_tokens").decimalValue());
      sums.put("output" + of, usage.path("output_tokens").decimalValue());
      sums.put("reasoning" + of, usage.path("reasoning_tokens").decimalValue());
      sums.put("cost" + of, row.path("cost_usd").decimalValue());
    }
    sums.replaceAll((name, sum) -> sum.stripTrailingZeros());
    sums.values().removeIf(sum -> sum.signum() == 0);
    return sums;
  }

  @Test
  void usage_isTheSumOverTheJobRows_forAMixOfJobsOfTwoWorkers() throws Exception {
    LocalDate before = LocalDate.now(ZoneOffset.UTC);
    List<Job> jobs = create(Owner.LOCAL, JOBS);
    List<Job> others = create(new Owner("other"), 10);
    try (EngineWorker one = worker();
        EngineWorker two = worker()) {
      run(jobs, List.of(one, two));
      run(others, List.of(one, two));
    }
    String days = "from=" + before + "&to=" + LocalDate.now(ZoneOffset.UTC);
    JsonNode byModel = get("/?group_by=model&" + days);
    Map<String, BigDecimal> sums = sums(jobs);
    assertThat(counted(byModel)).isEqualTo(sums);
    Set<String> seen = new HashSet<>(sums.keySet());
    assertThat(seen).contains("jobs.completed:odd", "jobs.failed:dear", "failed:cheap");
    assertThat(byModel.path("budget").isNull()).isTrue();
    JsonNode byDay = get("?" + days);
    assertThat(byDay.path("rows").size()).isBetween(1, 2);
    assertThat(byDay.path("total")).isEqualTo(byModel.path("total"));
    JsonNode byOwner = get("?group_by=owner&" + days);
    assertThat(byOwner.path("rows")).hasSize(1);
    assertThat(byOwner.at("/rows/0/owner").asText()).isEqualTo("local");
    assertThat(byOwner.at("/rows/0/cost_usd").decimalValue())
        .isEqualByComparingTo(
            sums.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("cost"))
                .map(Map.Entry::getValue)
                .reduce(BigDecimal.ZERO, BigDecimal::add));
    JsonNode one = get("?model_id=odd&group_by=model&" + days);
    assertThat(one.path("rows")).hasSize(1);
    assertThat(one.at("/total/cost_usd").decimalValue())
        .isEqualByComparingTo(sums.getOrDefault("cost:odd", BigDecimal.ZERO));
  }

  @Test
  void budget_isShown_ofAnOwnerWhoHasOne() throws Exception {
    clients.owners(
        Map.of(
            "local",
            new OwnerPolicy(
                1,
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                Optional.of(new BigDecimal("50")),
                OwnerPolicy.OverBudget.FAIL)));
    List<Job> jobs = create(Owner.LOCAL, 30);
    try (EngineWorker worker = worker()) {
      run(jobs, List.of(worker));
    }
    JsonNode report = get("/");
    JsonNode budget = report.path("budget");
    BigDecimal cost = report.at("/total/cost_usd").decimalValue();
    assertThat(cost).isPositive();
    assertThat(budget.path("usd_per_day").decimalValue()).isEqualByComparingTo("50");
    assertThat(budget.path("spent_today_usd").decimalValue()).isEqualByComparingTo(cost);
    assertThat(budget.path("reserved_usd").decimalValue()).isEqualByComparingTo("0");
    assertThat(budget.path("remaining_usd").decimalValue())
        .isEqualByComparingTo(new BigDecimal("50").subtract(cost));
    assertThat(budget.path("policy").asText()).isEqualTo("fail");
  }

  @Test
  void wrongParameters_areNamed() throws Exception {
    Map<String, String> wrong =
        Map.of(
            "group_by=week", "group_by",
            "from=2026-13-01", "from",
            "to=yesterday", "to",
            "from=2026-11-02&to=2026-11-01", "from",
            "from=2025-01-01&to=2026-01-02", "from",
            "owner=a&owner=b", "owner",
            "from=2026-11-01&from=2026-11-02", "from");
    for (Map.Entry<String, String> one : wrong.entrySet()) {
      HttpResponse<String> answer = answerTo("/?" + one.getKey());
      assertThat(answer.statusCode()).as(one.getKey()).isEqualTo(400);
      JsonNode problem = JSON.readTree(answer.body());
      assertThat(problem.path("code").asText()).isEqualTo("invalid_parameter");
      assertThat(problem.path("field").asText()).as(one.getKey()).isEqualTo(one.getValue());
    }
    assertThat(answerTo("/?owner=other").statusCode()).isEqualTo(404);
    assertThat(get("?from=2024-01-01&to=2024-12-31").path("rows")).isEmpty();
  }
}
