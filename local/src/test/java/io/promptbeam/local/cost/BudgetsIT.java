package io.promptbeam.local.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.OwnerPolicy.OverBudget;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.local.Await;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.EngineWorker;
import io.promptbeam.pipeline.budget.Budgets;
import io.promptbeam.pipeline.engine.Backoff;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.store.BigtableJobStore;
import io.promptbeam.store.BigtableSchema;
import io.promptbeam.store.BigtableTarget;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.PicoDollars;
import io.promptbeam.store.usage.UsageDay;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

/** Two workers hold owners to one budget. */
@Timeout(180)
class BudgetsIT {
  private static final byte[] BODY =
      "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}".getBytes(StandardCharsets.UTF_8);
  private static final Owner POOR = new Owner("poor");
  private static final Owner FREE = new Owner("free");

  /** Ten tokens in and ten out, at a tenth of a cent each. */
  private static final BigDecimal ESTIMATE = new BigDecimal("0.02");

  private static final EngineConfig FAST =
      new EngineConfig(
          Duration.ofSeconds(60),
          Duration.ofMillis(2),
          100,
          new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
          Duration.ofSeconds(2));

  private final Random random = new Random(3);
  private EmbeddedBigtable bigtable;
  private BigtableTarget target;
  private BigtableJobStore store;
  private PricedClients clients;
  private EngineWorker one;
  private EngineWorker two;

  /** Most output tokens of an answer; the estimate is 10. */
  private volatile int mostOutput = 10;

  @BeforeEach
  void start() throws Exception {
    bigtable = EmbeddedBigtable.start();
    target = BigtableTarget.Emulator.at(bigtable.hostAndPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    clients =
        new PricedClients(
            List.of(PricedClients.model("m", "1000", "1000", "1000")), model -> answer());
    one = worker();
    two = worker();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    store.close();
    bigtable.close();
  }

  private EngineWorker worker() {
    return new EngineWorker(BigtableJobStore.open(target), clients, FAST);
  }

  private synchronized CompletableFuture<LlmAnswer> answer() {
    Usage usage = Usage.of(1 + random.nextInt(10), 1 + random.nextInt(mostOutput));
    int millis = random.nextInt(20);
    return CompletableFuture.supplyAsync(
        () -> new LlmAnswer(BODY, usage),
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
  }

  private static OwnerPolicy budget(String usd, OverBudget policy) {
    return new OwnerPolicy(
        1,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalInt.empty(),
        Optional.of(new BigDecimal(usd)),
        policy);
  }

  private List<Job> create(Owner owner, int count) {
    List<Job> jobs = new ArrayList<>();
    Instant now = Instant.now();
    for (int i = 0; i < count; i++) {
      var spec =
          new JobSpec(
              JobId.random(),
              owner,
              "m",
              JobLabels.ofType(JobLabels.GENERIC),
              new JobLimits(
                  Priority.INTERACTIVE, 20, 10, now.plusSeconds(3_600), 3, Optional.empty()),
              now,
              Optional.empty());
      var request =
          new LlmRequest.Prompt(Optional.empty(), "Hello.", JsonNodeFactory.instance.objectNode());
      jobs.add(store.create(spec, request).join().job());
    }
    return jobs;
  }

  /** Counts down as jobs end. */
  private CountDownLatch offer(List<Job> jobs) {
    CountDownLatch finished = new CountDownLatch(jobs.size());
    for (int i = 0; i < jobs.size(); i++) {
      (i % 2 == 0 ? one : two)
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
    return finished;
  }

  private List<Job> read(List<Job> jobs) {
    List<JobId> ids = jobs.stream().map(job -> job.spec().id()).toList();
    return List.copyOf(store.read(ids, Set.<JobStore.Part>of()).join().values());
  }

  private static BigDecimal cost(List<Job> jobs) {
    return jobs.stream()
        .flatMap(job -> job.run().calls().stream())
        .flatMap(call -> call.costUsd().stream())
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private BudgetRow.View row() {
    return store.usage().budget(UsageDay.of(POOR, Instant.now())).read().join();
  }

  private boolean isUsedUp(String usd) {
    BudgetRow.View row = row();
    long left = PicoDollars.of(new BigDecimal(usd)) - row.taken();
    return row.reserved() == 0 && left < PicoDollars.of(ESTIMATE);
  }

  @Test
  void jobsOverBudget_wait_untilTheBudgetIsRaised_andOthersGoOn() throws Exception {
    clients.owners(Map.of(POOR.name(), budget("1", OverBudget.WAIT)));
    List<Job> poor = create(POOR, 300);
    List<Job> free = create(FREE, 100);
    CountDownLatch poorEnded = offer(poor);
    CountDownLatch freeEnded = offer(free);
    assertThat(freeEnded.await(60, TimeUnit.SECONDS)).as("the others go on").isTrue();
    Await.until("the budget is used up", () -> isUsedUp("1"), usedUp -> usedUp);
    BigDecimal cost = cost(read(poor));
    assertThat(cost).isLessThanOrEqualTo(new BigDecimal("1"));
    assertThat(cost).isGreaterThan(new BigDecimal("1").subtract(ESTIMATE));
    assertThat(PicoDollars.toUsd(row().spent())).isEqualByComparingTo(cost);
    assertThat(poorEnded.getCount()).isPositive();
    Budgets.State state = one.budgets().state(POOR).orElseThrow();
    assertThat(state.isWaiting()).isTrue();
    assertThat(state.policy()).isEqualTo(OverBudget.WAIT);
    assertThat(one.budgets().state(FREE)).isEmpty();
    clients.owners(Map.of(POOR.name(), budget("100", OverBudget.WAIT)));
    assertThat(poorEnded.await(60, TimeUnit.SECONDS)).as("the rest goes on").isTrue();
    assertThat(read(poor)).allMatch(job -> job.run().state() == JobState.COMPLETED);
  }

  @Test
  void jobsOverBudget_failUncalled_whereThatIsThePolicy() throws Exception {
    clients.owners(Map.of(POOR.name(), budget("0.5", OverBudget.FAIL)));
    List<Job> jobs = create(POOR, 200);
    assertThat(offer(jobs).await(60, TimeUnit.SECONDS)).as("all end").isTrue();
    List<Job> ended = read(jobs);
    assertThat(cost(ended)).isLessThanOrEqualTo(new BigDecimal("0.5"));
    assertThat(cost(ended)).isGreaterThan(new BigDecimal("0.5").subtract(ESTIMATE));
    for (Job job : ended) {
      if (job.run().state() == JobState.FAILED) {
        assertThat(job.run().ending().orElseThrow().error().orElseThrow().code())
            .isEqualTo(ErrorCodes.BUDGET_EXCEEDED);
        assertThat(job.run().attempt()).isZero();
        assertThat(job.run().calls()).isEmpty();
      } else {
        assertThat(job.run().state()).isEqualTo(JobState.COMPLETED);
      }
    }
    clients.owners(Map.of(POOR.name(), budget("100", OverBudget.FAIL)));
    List<Job> later = create(POOR, 20);
    assertThat(offer(later).await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(read(later)).allMatch(job -> job.run().state() == JobState.COMPLETED);
  }

  @Test
  void overrun_isAtMostWhatCallsInFlightCostBeyondTheirEstimates() throws Exception {
    mostOutput = 30;
    clients.owners(Map.of(POOR.name(), budget("1", OverBudget.WAIT)));
    List<Job> jobs = create(POOR, 300);
    CountDownLatch ended = offer(jobs);
    Await.until(
        "the budget is used up",
        this::row,
        row -> row.reserved() == 0 && row.taken() > PicoDollars.of(new BigDecimal("0.98")));
    // Twenty calls at a time in each of two workers, each at most two cents beyond its estimate.
    assertThat(cost(read(jobs))).isLessThanOrEqualTo(new BigDecimal("1.8"));
    assertThat(ended.getCount()).isPositive();
  }

  @Test
  void leaseOfADeadWorker_isGivenBack_byTime() throws Exception {
    clients.owners(Map.of(POOR.name(), budget("0.1", OverBudget.WAIT)));
    BudgetRow row = store.usage().budget(UsageDay.of(POOR, Instant.now()));
    row.lease("dead", PicoDollars.of(new BigDecimal("0.1")), 0).join();
    CountDownLatch ended = offer(create(POOR, 2));
    assertThat(ended.await(60, TimeUnit.SECONDS)).as("the budget is back").isTrue();
    assertThat(row().workers()).doesNotContainKey("dead");
  }
}
