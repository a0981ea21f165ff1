package io.promptbeam.api.overview;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.access.Scope;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.jobs.CachedBoard;
import io.promptbeam.api.jobs.LiveBoard;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.Pricing;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.Timeouts;
import io.promptbeam.figures.Histogram;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.InMemoryLaneBoard;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import io.promptbeam.store.LaneSnapshot.Queue;
import io.promptbeam.store.LaneSnapshot.Rest;
import io.promptbeam.store.usage.InMemoryUsage;
import io.promptbeam.store.usage.UsageCounts;
import io.promptbeam.store.usage.UsageDay;
import io.promptbeam.store.usage.UsageStore;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverviewHandlerTest {
  private static final Instant NOW = Instant.parse("2026-11-24T02:30:00Z");
  private static final LocalDate TODAY = LocalDate.parse("2026-11-24");
  private static final Owner ANN = new Owner("ann");
  private static final Owner BOB = new Owner("bob");
  private static final Caller ADMIN = new Caller(ANN, Set.of(Scope.ADMIN));
  private static final Duration MINUTE = Duration.ofSeconds(60);
  private static final List<ModelConfig> MODELS =
      List.of(
          model("m", new RateLimits(3_000, RateLimits.UNLIMITED, 200)),
          model("idle", RateLimits.NONE));

  private final InMemoryLaneBoard board = new InMemoryLaneBoard();
  private final InMemoryUsage usage = new InMemoryUsage();

  private static ModelConfig model(String id, RateLimits limits) {
    return new ModelConfig(
        id,
        ProviderKind.OPENAI,
        Optional.of(URI.create("http://127.0.0.1:1/v1")),
        Optional.empty(),
        id,
        limits,
        new Pricing(new BigDecimal("1"), new BigDecimal("2")),
        Timeouts.DEFAULT,
        Optional.empty());
  }

  private static LaneFigures figures(Duration window, long calls, long failed) {
    Histogram latency = new Histogram();
    for (long i = failed; i < calls; i++) {
      latency.add(Duration.ofMillis(410).toNanos());
    }
    return new LaneFigures(
        window,
        calls,
        calls,
        failed == 0 ? Map.of() : Map.of("timeout", 1L, "provider_error", failed - 1),
        Map.of(JobState.COMPLETED, calls - failed),
        new Usage(calls * 10, 0, calls * 5, 0),
        0,
        latency.snapshot(),
        7,
        Map.of(Priority.INTERACTIVE, 2L, Priority.BATCH, 20L));
  }

  private static LaneSnapshot lane(
      String model, String worker, Instant at, LaneFigures figures, Queue... queues) {
    return new LaneSnapshot(
        model, worker, at, List.of(queues), List.of(), Optional.empty(), 1, MINUTE, figures);
  }

  private static Queue queue(Owner owner, Priority priority, long jobs) {
    return new Queue(owner, priority, jobs, jobs, 1, 0, Optional.empty(), List.of());
  }

  private static UsageCounts counts(long calls) {
    return new UsageCounts(
        calls, 1, Map.of(JobState.COMPLETED, calls - 1), Usage.of(10, 5), 12_300_000_000L);
  }

  @BeforeEach
  void putUp() {
    board.beat("w1", NOW.minusSeconds(2)).join();
    board.beat("w2", NOW.minusSeconds(14)).join();
    board.beat("gone", NOW.minusSeconds(16)).join();
    board
        .put(
            lane(
                "m",
                "w1",
                NOW,
                figures(MINUTE, 600, 3),
                queue(ANN, Priority.INTERACTIVE, 2),
                queue(BOB, Priority.BATCH, 4_711)))
        .join();
    board.put(lane("m", "w2", NOW.minusSeconds(1), figures(Duration.ofSeconds(64), 640, 0))).join();
    board.put(lane("m", "gone", NOW.minusSeconds(16), figures(MINUTE, 99_999, 9))).join();
    usage.add(new UsageDay(ANN, TODAY), "w", change("m", 5)).join();
    usage.add(new UsageDay(BOB, TODAY), "w", change("m", 100)).join();
    usage.add(new UsageDay(BOB, TODAY.minusDays(1)), "w", change("m", 7_000)).join();
  }

  private static UsageStore.Change change(String model, long calls) {
    return new UsageStore.Change(Map.of(model, counts(calls)), 0);
  }

  private JsonNode seenBy(Caller caller) throws Exception {
    LiveBoard live = LiveBoard.read(new CachedBoard(board), List.of("m", "idle", "?"), NOW).join();
    var json =
        caller.isAdmin()
            ? OverviewView.ofAll(NOW, caller, live, MODELS, "?", usage.total(TODAY).join())
            : OverviewView.ofOwn(
                NOW, caller, live, MODELS, usage.read(caller.owner(), TODAY, TODAY).join().get(0));
    return new ObjectMapper().readTree(json.toString());
  }

  @Test
  void admin_isToldOfAllLiveWorkers_eachByTheLengthOfItsWindow() throws Exception {
    JsonNode all = seenBy(ADMIN);
    assertThat(all.path("at").asText()).isEqualTo("2026-11-24T02:30:00.000Z");
    assertThat(all.path("scope").asText()).isEqualTo("all");
    assertThat(all.path("workers").asInt()).isEqualTo(2);
    assertThat(all.path("window_seconds").asInt()).isEqualTo(60);
    // 597 in 60 s and 640 in 64 s.
    assertThat(all.path("jobs_per_second").asDouble()).isEqualTo(19.95);
    assertThat(all.path("calls_in_flight").asInt()).isEqualTo(14);
    assertThat(all.path("waiting").asInt()).isEqualTo(44);
    assertThat(all.at("/latency_ms/p50").asInt()).isBetween(330, 470);
    assertThat(all.path("failures").toString())
        .isEqualTo(
            "[{\"code\":\"provider_error\",\"count\":2},{\"code\":\"timeout\",\"count\":1}]");
    JsonNode m = all.path("models").get(0);
    assertThat(m.path("calls_per_second").asDouble()).isEqualTo(20);
    assertThat(m.path("waiting").toString()).isEqualTo("{\"interactive\":4,\"batch\":40}");
    assertThat(m.path("used").toString())
        .isEqualTo(
            "{\"requests_per_minute\":1200,\"tokens_per_minute\":18000,"
                + "\"input_tokens_per_minute\":12000,\"output_tokens_per_minute\":6000,"
                + "\"max_in_flight\":14}");
    assertThat(m.at("/limits/requests_per_minute").asInt()).isEqualTo(3_000);
    assertThat(m.at("/limits/tokens_per_minute").isNull()).isTrue();
    JsonNode idle = all.path("models").get(1);
    assertThat(idle.path("latency_ms").isNull()).isTrue();
    assertThat(idle.path("calls_per_second").asDouble()).isZero();
    assertThat(idle.at("/health/state").asText()).isEqualTo("closed");
    assertThat(idle.at("/limits/max_in_flight").isNull()).isTrue();
  }

  @Test
  void today_isOfAllOwnersForAnAdmin_andOfTheCallerAloneForOthers() throws Exception {
    assertThat(seenBy(ADMIN).path("today").toString())
        .isEqualTo(
            "{\"day\":\"2026-11-24\",\"calls\":105,\"failed_calls\":2,"
                + "\"jobs\":{\"completed\":103,\"failed\":0,\"cancelled\":0,\"expired\":0},"
                + "\"total_tokens\":30,\"cost_usd\":0.0246}");
    assertThat(seenBy(Caller.of(ANN)).at("/today/calls").asInt()).isEqualTo(5);
  }

  @Test
  void others_areToldNothingThatIsNotTheirs() throws Exception {
    JsonNode own = seenBy(Caller.of(ANN));
    assertThat(own.path("scope").asText()).isEqualTo("owner");
    assertThat(own.path("waiting").asInt()).isEqualTo(2);
    JsonNode m = own.path("models").get(0);
    assertThat(m.path("waiting").toString()).isEqualTo("{\"interactive\":2,\"batch\":0}");
    Stream.of("jobs_per_second", "calls_in_flight", "latency_ms", "failures")
        .forEach(field -> assertThat(own.get(field).isNull()).as(field).isTrue());
    Stream.of("calls_per_second", "calls_in_flight", "used", "latency_ms", "failures")
        .forEach(field -> assertThat(m.get(field).isNull()).as(field).isTrue());
    assertThat(m.at("/health/state").asText()).isEqualTo("closed");
    assertThat(own.toString()).doesNotContain("bob").doesNotContain("4711");
  }

  @Test
  void ownWaiting_isUnknown_whenTheLaneTellsOnlyOfLongerQueues() {
    LaneSnapshot crowded =
        new LaneSnapshot(
            "m",
            "w1",
            NOW,
            List.of(queue(ANN, Priority.INTERACTIVE, 3)),
            List.of(new Rest(Priority.BATCH, 50, 60, 600, 50)),
            Optional.empty(),
            1,
            MINUTE,
            LaneFigures.NONE);
    OwnWaiting ann = OwnWaiting.of(ANN, List.of(crowded));
    assertThat(ann.jobs()).isEqualTo(Map.of(Priority.INTERACTIVE, 3L));
    assertThat(ann.inAll()).isEmpty();
    OwnWaiting bob = OwnWaiting.of(BOB, List.of(lane("m", "w2", NOW, LaneFigures.NONE)));
    assertThat(bob.inAll()).contains(0L);
  }

  @Test
  void rates_areUnknown_whenThereIsNoWorker() throws Exception {
    LiveBoard none = new LiveBoard(Map.of(), 0);
    JsonNode all =
        new ObjectMapper()
            .readTree(
                OverviewView.ofAll(
                        NOW, ADMIN, none, MODELS, "?", new UsageStore.Day(TODAY, Map.of()))
                    .toString());
    assertThat(all.path("jobs_per_second").isNull()).isTrue();
    assertThat(all.path("waiting").asInt()).isZero();
    assertThat(all.at("/models/0/health/state").asText()).isEqualTo("unknown");
    assertThat(all.at("/today/cost_usd").decimalValue()).isEqualByComparingTo("0");
  }

  @Test
  void breaker_showsInTheModelsHealth() throws Exception {
    var failing =
        new Binding(
            LaneSnapshot.BREAKER_OPEN,
            Optional.empty(),
            Optional.of(NOW.minusSeconds(30)),
            Optional.of("timeout"));
    board
        .put(
            new LaneSnapshot(
                "m",
                "w1",
                NOW,
                List.of(),
                List.of(),
                Optional.of(failing),
                0,
                MINUTE,
                LaneFigures.NONE))
        .join();
    assertThat(seenBy(ADMIN).at("/models/0/health").toString())
        .isEqualTo(
            "{\"state\":\"open\",\"since\":\"2026-11-24T02:29:30.000Z\","
                + "\"error_code\":\"timeout\",\"paused_until\":null}");
  }
}
