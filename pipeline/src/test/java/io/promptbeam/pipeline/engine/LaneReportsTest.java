package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.llm.CallOptions;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmClient;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.pipeline.simulation.ForwardingStore;
import io.promptbeam.store.InMemoryJobStore;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.LaneBoard;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.usage.UsageLedger;
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
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What an engine whose calls hang puts up, on a clock that the test turns. */
class LaneReportsTest {
  private static final Owner A = new Owner("a");
  private static final Owner B = new Owner("b");
  private static final Duration TICK = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime(Instant.now());
  private final SlowBoard board = new SlowBoard();
  private final JobStore store =
      new ForwardingStore(new InMemoryJobStore()) {
        @Override
        public LaneBoard lanes() {
          return board;
        }
      };

  private CallEngine engine(int maxInFlight, OwnerGate gate) {
    return engine(maxInFlight, gate, new HangingClients());
  }

  private CallEngine engine(int maxInFlight, OwnerGate gate, LlmClients clients) {
    var limits = new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, maxInFlight);
    return new CallEngine(
        "e",
        store,
        clients,
        model -> new WorkerQuota(limits, time.nanoTime()),
        new Spending(UsageLedger.NONE, gate),
        EngineConfig.DEFAULT,
        time,
        new Random(3));
  }

  private void offer(CallEngine engine, Owner owner, String model, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      engine.offer(
          StoredJobs.item(StoredJobs.create(store, owner, model, 3, Duration.ofHours(1))),
          new WorkListener() {
            @Override
            public void jobEnded(JobOutcome outcome) {}

            @Override
            public void itemFinished(WorkItem item) {}
          });
    }
  }

  @Test
  void everyWaitingLane_isPutUp_whenPutsTakeTime() throws Exception {
    CallEngine engine = engine(1, OwnerGate.OPEN);
    offer(engine, B, "m", 2);
    offer(engine, B, "n", 2);
    time.pass(TICK);
    assertThat(board.models()).containsExactlyInAnyOrder("m", "n");

    board.puts.get(0).done.complete(null);
    time.pass(TICK);
    assertThat(board.puts).as("one of the two puts is still under way").hasSize(2);

    board.puts.get(1).done.complete(null);
    time.pass(TICK);
    assertThat(board.models()).hasSize(4).endsWith("m", "n");
  }

  @Test
  void everyQueue_tellsWhatHoldsItsOwner_andTheLaneTellsNothingOfIt() throws Exception {
    CallEngine engine = engine(100, new ClosedFor(A));
    offer(engine, A, "m", 3);
    // Of these, one may be in flight.
    offer(engine, B, "m", 3);
    time.pass(TICK);
    LaneSnapshot lane = board.puts.get(board.puts.size() - 1).snapshot;
    assertThat(lane.queues())
        .extracting(LaneSnapshot.Queue::owner, LaneSnapshot.Queue::heldBy)
        .containsExactlyInAnyOrder(
            tuple(A, Optional.of(LaneSnapshot.BUDGET)),
            tuple(B, Optional.of(LaneSnapshot.OWNER_IN_FLIGHT)));
    assertThat(lane.binding()).isEmpty();
  }

  @Test
  void laneWithoutQueue_isPutUpWhileCallsRun_andTillItsMinuteIsOver() throws Exception {
    board.isSlow = false;
    CallEngine engine =
        engine(100, OwnerGate.OPEN, new AnsweringClients(time, Duration.ofSeconds(3)));
    time.pass(TICK.multipliedBy(2));
    assertThat(board.puts).as("nothing has happened").isEmpty();

    offer(engine, A, "m", 2);
    time.pass(TICK.multipliedBy(2));
    LaneSnapshot calling = board.last();
    assertThat(calling.isEmpty()).isTrue();
    assertThat(calling.figures().callsInFlight()).isEqualTo(2);
    assertThat(calling.figures().callsStarted()).isEqualTo(2);
    assertThat(calling.figures().waiting().values()).containsOnly(0L);

    time.pass(TICK.multipliedBy(4));
    LaneSnapshot answered = board.last();
    assertThat(answered.figures().callsInFlight()).isZero();
    assertThat(answered.figures().callsEnded()).isEqualTo(2);
    assertThat(answered.figures().jobsEnded()).isEqualTo(Map.of(JobState.COMPLETED, 2L));
    assertThat(answered.figures().tokens()).isEqualTo(Usage.of(20, 10));
    assertThat(answered.figures().latency().percentile(0.5).orElseThrow())
        .isBetween(Duration.ofMillis(2_200), Duration.ofMillis(3_300));
    assertThat(answered.figures().window()).isEqualTo(Duration.ofSeconds(60));

    time.pass(Duration.ofSeconds(50));
    assertThat(board.last().figures().callsEnded()).as("still in the window").isEqualTo(2);
    time.pass(Duration.ofSeconds(20));
    LaneFigures idle = board.last().figures();
    assertThat(idle.callsEnded() + idle.callsStarted() + idle.jobsEndedInAll()).isZero();
    assertThat(idle.latency()).isEqualTo(Latencies.NONE);
    int puts = board.puts.size();
    time.pass(Duration.ofMinutes(5));
    assertThat(board.puts).as("nothing more is to be told").hasSize(puts);
  }

  @Test
  void jobsThatTheSweepEnded_areToldOf_thoughTheyHaveNoLane() {
    board.isSlow = false;
    CallEngine engine = engine(1, OwnerGate.OPEN);
    engine.ledger().ended(A, "n", JobState.EXPIRED, time.now());
    engine.ledger().ended(A, "nonsense", JobState.EXPIRED, time.now());
    time.pass(Duration.ZERO);
    assertThat(board.puts)
        .extracting(put -> put.snapshot().modelId(), put -> put.snapshot().figures().jobsEnded())
        .containsExactlyInAnyOrder(
            tuple("n", Map.of(JobState.EXPIRED, 1L)),
            tuple(ModelFigures.UNKNOWN_MODELS, Map.of(JobState.EXPIRED, 1L)));
  }

  private record Put(LaneSnapshot snapshot, CompletableFuture<Void> done) {}

  /** What is put up is there when the test says so. */
  private static final class SlowBoard implements LaneBoard {
    private final List<Put> puts = new ArrayList<>();
    private boolean isSlow = true;

    LaneSnapshot last() {
      return puts.get(puts.size() - 1).snapshot();
    }

    List<String> models() {
      return puts.stream().map(put -> put.snapshot().modelId()).toList();
    }

    @Override
    public CompletableFuture<Void> put(LaneSnapshot snapshot) {
      Put put = new Put(snapshot, new CompletableFuture<>());
      puts.add(put);
      if (!isSlow) {
        put.done().complete(null);
      }
      return put.done();
    }

    @Override
    public CompletableFuture<List<LaneSnapshot>> of(String modelId) {
      return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletableFuture<Void> beat(String worker, Instant now) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<List<Instant>> beats() {
      return CompletableFuture.completedFuture(List.of());
    }
  }

  /** One owner's budget is used up. */
  private record ClosedFor(Owner poor) implements OwnerGate {
    @Override
    public Answer tryStart(Owner owner, String modelId, TokenAmount estimate) {
      return owner.equals(poor) ? new Answer.Wait() : new Answer.Open(Reservation.NONE);
    }

    @Override
    public void onOpen(Consumer<Owner> listener) {}

    @Override
    public CompletableFuture<Void> close() {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Calls are answered after a while. */
  private static final class AnsweringClients extends HangingClients {
    private final VirtualTime time;
    private final Duration after;

    AnsweringClients(VirtualTime time, Duration after) {
      this.time = time;
      this.after = after;
    }

    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      CompletableFuture<LlmAnswer> answer = new CompletableFuture<>();
      var unused =
          time.after(
              after,
              () ->
                  answer.complete(
                      new LlmAnswer("{}".getBytes(StandardCharsets.UTF_8), Usage.of(10, 5))));
      return answer;
    }
  }

  /** Models m and n; b may have one call in flight. */
  private static class HangingClients implements LlmClients, LlmClient {
    @Override
    public CompletableFuture<LlmAnswer> call(
        LlmRequest request, CallOptions options, Duration timeout) {
      return new CompletableFuture<>();
    }

    @Override
    public ModelCatalog catalog() {
      ModelConfig m = ScriptedClients.MODEL;
      var n =
          new ModelConfig(
              "n",
              m.provider(),
              m.baseUrl(),
              m.apiKey(),
              "n",
              m.limits(),
              m.pricing(),
              m.timeouts(),
              m.simulation());
      var policy =
          new OwnerPolicy(
              1,
              OptionalLong.empty(),
              OptionalLong.empty(),
              OptionalInt.of(1),
              Optional.empty(),
              OwnerPolicy.OverBudget.WAIT);
      return new ModelCatalog(
          List.of(m, n), List.of(), Map.of(B.name(), policy), OwnerPolicy.DEFAULT, Instant.EPOCH);
    }

    @Override
    public LlmClient client(String modelId) {
      return this;
    }

    @Override
    public void close() {}
  }
}
