package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.InMemoryJobStore;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One owner's backlog and another's few jobs, in a real engine on a clock that the test turns. */
class FairTurnsTest {
  private static final Owner A = new Owner("a");
  private static final Owner B = new Owner("b");
  private static final int BACKLOG = 100_000;
  private static final int FEW = 10;
  private static final Duration CALL = Duration.ofSeconds(2);
  private static final RateLimits BY_RATE = new RateLimits(3_000, RateLimits.UNLIMITED, 1_000);
  private static final RateLimits BY_SLOTS =
      new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 4);

  static Stream<RateLimits> limits() {
    return Stream.of(BY_RATE, BY_SLOTS);
  }

  @ParameterizedTest
  @MethodSource("limits")
  void fewJobs_finishSoon_andTheBacklogLosesNothing(RateLimits limits) throws Exception {
    Run alone = new Run(limits);
    List<JobId> lonely = alone.offer(B, FEW);
    Duration bAlone = alone.untilEnded(lonely);

    long began = System.nanoTime();
    Run both = new Run(limits);
    both.offer(A, BACKLOG);
    both.time.pass(Duration.ofMinutes(1));
    long beforeB = both.ended;
    List<JobId> few = both.offer(B, FEW);
    Duration bBeside = both.untilEnded(few);
    both.time.pass(Duration.ofMinutes(5));
    long endedInFive = both.ended - beforeB;
    long millis = (System.nanoTime() - began) / 1_000_000;

    Run onlyA = new Run(limits);
    // As many as can be called in the time.
    onlyA.offer(A, BACKLOG / 4);
    onlyA.time.pass(Duration.ofMinutes(1).plus(bBeside).plusMinutes(5));
    System.out.printf(
        "%d jobs of b: alone %d ms, beside %d waiting jobs of a %d ms (%.2f times); calls ended"
            + " with b %d, without %d; %d ms of real time%n",
        FEW,
        bAlone.toMillis(),
        BACKLOG,
        bBeside.toMillis(),
        (double) bBeside.toMillis() / bAlone.toMillis(),
        beforeB + endedInFive,
        onlyA.ended,
        millis);
    assertThat(bBeside).isLessThanOrEqualTo(bAlone.multipliedBy(2));
    assertThat(beforeB + endedInFive).isGreaterThanOrEqualTo(onlyA.ended - 1);
  }

  @Test
  void owner_hasNoMoreInFlightThanItsLimit_andOthersGoOn() throws Exception {
    Run run = new Run(BY_RATE);
    run.limit = OptionalInt.of(3);
    run.offer(A, 200);
    List<JobId> few = run.offer(B, 20);
    assertThat(run.untilEnded(few)).isLessThan(Duration.ofSeconds(4));
    assertThat(run.endedOfB).isEqualTo(20);
    run.time.pass(Duration.ofMinutes(1));
    System.out.printf("most calls of a in flight at once: %d of 3%n", run.mostInFlight);
    assertThat(run.mostInFlight).isEqualTo(3);
    assertThat(run.ended - run.endedOfB).isBetween(85L, 100L);
    run.limit = OptionalInt.empty();
    run.time.pass(Duration.ofMinutes(1));
    assertThat(run.ended).isEqualTo(220);
  }

  @Test
  void jobForLater_waitsUntilItsTime_andThenRuns() throws Exception {
    Run run = new Run(BY_RATE);
    Job job = StoredJobs.scheduled(run.store, run.time.now().plusSeconds(30));
    run.engine.offer(StoredJobs.item(job), run);
    run.time.pass(Duration.ofSeconds(29));
    assertThat(run.engine.stats().calls()).isZero();
    run.time.pass(Duration.ofSeconds(4));
    assertThat(run.ended).isEqualTo(1);
    assertThat(run.engine.stats().calls()).isEqualTo(1);
  }

  /** An engine with its jobs. */
  private static final class Run implements LlmClients, LlmClient, WorkListener {
    private final VirtualTime time = new VirtualTime(Instant.now());
    private final InMemoryJobStore store = new InMemoryJobStore();
    private final CallEngine engine;
    private OptionalInt limit = OptionalInt.empty();
    private long ended;
    private long endedOfB;
    private long mostInFlight;

    Run(RateLimits limits) {
      engine =
          new CallEngine(
              "e",
              store,
              this,
              model -> new WorkerQuota(limits, time.nanoTime()),
              EngineConfig.DEFAULT,
              time,
              new Random(3));
    }

    List<JobId> offer(Owner owner, int count) throws Exception {
      List<JobId> offered = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Job job = StoredJobs.create(store, owner, "m", 3, Duration.ofHours(2));
        offered.add(job.spec().id());
        engine.offer(StoredJobs.item(job), this);
      }
      return offered;
    }

    Duration untilEnded(List<JobId> jobs) {
      long began = time.nanoTime();
      while (!jobs.stream().allMatch(this::hasEnded)) {
        time.pass(Duration.ofMillis(10));
      }
      return Duration.ofNanos(time.nanoTime() - began);
    }

    private boolean hasEnded(JobId id) {
      return store
          .read(id, Set.of())
          .join()
          .filter(job -> job.run().state() == JobState.COMPLETED)
          .isPresent();
    }

    @Override
    public void jobEnded(JobOutcome outcome) {
      ended++;
      if (outcome.owner().equals(B)) {
        endedOfB++;
      }
    }

    @Override
    public void itemFinished(WorkItem item) {}

    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      if (endedOfB > 0 && endedOfB % 20 == 0) {
        mostInFlight = Math.max(mostInFlight, engine.stats().inFlight());
      }
      var answer = new CompletableFuture<LlmAnswer>();
      var unused = time.after(CALL, () -> answer.complete(ScriptedClients.ANSWER));
      return answer;
    }

    @Override
    public ModelCatalog catalog() {
      var policy =
          new OwnerPolicy(
              1,
              OptionalLong.empty(),
              OptionalLong.empty(),
              limit,
              Optional.empty(),
              OwnerPolicy.OverBudget.WAIT);
      return new ModelCatalog(
          List.of(ScriptedClients.MODEL),
          List.of(),
          Map.of(A.name(), policy),
          OwnerPolicy.DEFAULT,
          Instant.EPOCH);
    }

    @Override
    public LlmClient client(String modelId) {
      return this;
    }

    @Override
    public void close() {}
  }
}
