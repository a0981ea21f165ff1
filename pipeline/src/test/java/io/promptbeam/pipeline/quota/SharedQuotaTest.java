package io.promptbeam.pipeline.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.InMemoryQuotaRow;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What becomes of a shared quota when something goes wrong, or is changed. */
class SharedQuotaTest {
  private static final TokenAmount CALL = new TokenAmount(10, 10);
  private static final QuotaLimits FIFTY_A_SECOND = requests(3_000);

  private final QuotaWorld world = new QuotaWorld(7);
  private final SimRow.Network network = new SimRow.Network(world, 0);
  private final QuotaRow row = new InMemoryQuotaRow(world::serverMicros);
  private final List<SimCaller> callers = new ArrayList<>();
  private final List<Long> starts = new ArrayList<>();
  private boolean refusing;

  @Test
  void use_recoversWithinTwoSeconds_whenAWorkerIsKilled() {
    busy(4, FIFTY_A_SECOND);
    run(20);
    callers.get(0).kill();
    run(2);
    int before = starts.size();
    run(20);
    assertThat(starts.size() - before).isBetween(990, 1_000);
  }

  @Test
  void workers_keepTheirSharesOnly_whenTheRowCannotBeReached() {
    busy(4, FIFTY_A_SECOND);
    run(20);
    network.setDown(true);
    run(5);
    int before = starts.size();
    run(60);
    assertThat(starts.size() - before).isBetween(2_900, 3_000);
    assertThat(callers.get(0).quota().state().fallback()).isTrue();
    network.setDown(false);
    run(20);
    before = starts.size();
    run(20);
    assertThat(starts.size() - before).isBetween(990, 1_000);
    assertThat(callers.get(0).quota().state().fallback()).isFalse();
    assertThat(mostInAMinute()).isLessThanOrEqualTo(3_000);
  }

  @Test
  void worker_startsNothing_whenItNeverReachedTheRow() {
    network.setDown(true);
    busy(3, FIFTY_A_SECOND);
    run(30);
    assertThat(starts).isEmpty();
    network.setDown(false);
    run(5);
    assertThat(starts).isNotEmpty();
  }

  @Test
  void everybodyPauses_andRatesRecover_whenTheProviderThrottlesOne() {
    busy(4, FIFTY_A_SECOND);
    run(10);
    callers.forEach(caller -> caller.refusedCallsSay(Duration.ofSeconds(5)));
    refusing = true;
    run(0.5);
    refusing = false;
    run(0.7);
    int before = starts.size();
    run(3.5);
    assertThat(starts).hasSize(before);
    assertThat(callers.get(3).quota().state().pausedUntil()).isPresent();
    run(2);
    before = starts.size();
    run(2);
    assertThat(starts.size() - before).as("slower than before").isBetween(50, 90);
    run(60);
    before = starts.size();
    run(20);
    assertThat(starts.size() - before).isBetween(990, 1_000);
    assertThat(callers.get(0).quota().state().factor()).isEqualTo(1);
  }

  @Test
  void everybodyWaits_whenAHeaderSaysThatNothingRemains() {
    busy(2, FIFTY_A_SECOND);
    run(10);
    SimCaller one = callers.get(0);
    one.quota()
        .hint(
            new RateHint(RateHint.Dimension.REQUESTS, 3_000, 0, Duration.ofMinutes(150)),
            one.nanoTime());
    run(0.6);
    int before = starts.size();
    run(2);
    assertThat(starts).hasSize(before);
    run(1);
    assertThat(starts).hasSizeGreaterThan(before);
  }

  @Test
  void newLimits_holdForEverybody_whenOneWorkerHasThem() {
    busy(3, FIFTY_A_SECOND);
    run(10);
    callers.get(1).quota().configure(requests(600), Instant.EPOCH.plusSeconds(5));
    run(3);
    int before = starts.size();
    run(30);
    assertThat(starts.size() - before).isBetween(297, 300);
    callers.get(0).quota().configure(FIFTY_A_SECOND, Instant.EPOCH.plusSeconds(1));
    run(3);
    assertThat(callers.get(0).quota().state().limits()).isEqualTo(requests(600));
  }

  @Test
  void callsInFlight_neverExceedTheLimit_andADeadWorkersAreTakenOver() {
    busy(4, new QuotaLimits(Map.of(), OptionalLong.of(10)));
    for (int i = 0; i < 100; i++) {
      run(0.1);
      assertThat(callers.stream().mapToInt(SimCaller::inFlight).sum()).isLessThanOrEqualTo(10);
    }
    assertThat(callers.stream().mapToInt(SimCaller::inFlight).sum()).isGreaterThanOrEqualTo(8);
    callers.get(0).kill();
    run(4);
    int others = callers.stream().skip(1).mapToInt(SimCaller::inFlight).sum();
    assertThat(others).isBetween(8, 10);
  }

  @Test
  void composite_givesTheFirstBack_whenTheSecondSaysWait() {
    var model = new WorkerQuota(limit(60), 0);
    var account = new WorkerQuota(limit(1), 0);
    var both = new CompositeQuota(model, account);
    assertThat(both.tryAcquire(CALL, 0)).isInstanceOf(Quota.Acquisition.Granted.class);
    long later = 2 * QuotaWorld.SECOND;
    assertThat(both.tryAcquire(CALL, later)).isInstanceOf(Quota.Acquisition.Wait.class);
    assertThat(model.state().inFlight()).isEqualTo(1);
    assertThat(model.tryAcquire(CALL, later)).isInstanceOf(Quota.Acquisition.Granted.class);
  }

  @Test
  void idleQuota_startsACallAtOnce_andAsksTheRowNothingWhileNobodyWaits() {
    busy(1, FIFTY_A_SECOND);
    run(5);
    SimCaller late = caller("late", FIFTY_A_SECOND);
    callers.get(0).kill();
    run(100);
    long asked = network.requests();
    run(100);
    assertThat(network.requests()).isEqualTo(asked);
    int before = starts.size();
    late.offer(1);
    run(0.3);
    assertThat(starts).hasSize(before + 1);
  }

  @Test
  void wrongEstimate_drawsNoMoreThanAMinuteOfTheLine() {
    var limits = new QuotaLimits(Map.of(Dimension.TOKENS, 60_000L), OptionalLong.empty());
    SimCaller caller = caller("w", limits);
    caller.offer(1);
    run(5);
    long now = caller.nanoTime();
    long before = row.read().join().counters().getOrDefault(Dimension.TOKENS, 0L);
    caller.quota().expect(1);
    assertThat(caller.quota().tryAcquire(new TokenAmount(1_000_000_000_000L, 0), now))
        .isInstanceOf(Quota.Acquisition.Wait.class);
    run(5);
    long drawn = row.read().join().counters().getOrDefault(Dimension.TOKENS, 0L) - before;
    assertThat(drawn / Dimension.TOKENS.positionsPerUnit()).isBetween(1L, 2 * 60_000L);
  }

  @Test
  void pause_isKept_whereThereIsNoLimit() {
    SimCaller caller = caller("w", new QuotaLimits(Map.of(), OptionalLong.empty()));
    long now = caller.nanoTime();
    var granted = caller.quota().tryAcquire(CALL, now);
    ((Quota.Acquisition.Granted) granted).permit().throttled(Duration.ofSeconds(5), now);
    assertThat(caller.quota().tryAcquire(CALL, now + 1_000_000_000L))
        .isEqualTo(new Quota.Acquisition.Wait(4_000_000_000L, Quota.Limit.PAUSED_BY_PROVIDER));
    assertThat(caller.quota().tryAcquire(CALL, now + 5_000_000_000L))
        .isInstanceOf(Quota.Acquisition.Granted.class);
  }

  private void busy(int workers, QuotaLimits limits) {
    for (int i = 0; i < workers; i++) {
      SimCaller caller = caller("w" + i, limits);
      callers.add(caller);
      caller.offer(1_000_000);
    }
  }

  private SimCaller caller(String name, QuotaLimits limits) {
    return new SimCaller(
        world,
        name,
        row,
        network,
        limits,
        () -> new SimCaller.Call(CALL, CALL),
        call -> {
          starts.add(world.nowNanos());
          return !refusing;
        });
  }

  private void run(double seconds) {
    world.runUntil(world.nowNanos() + (long) (seconds * 1e9));
  }

  private int mostInAMinute() {
    int most = 0;
    int from = 0;
    for (int i = 0; i < starts.size(); i++) {
      while (starts.get(i) - starts.get(from) >= 60 * QuotaWorld.SECOND) {
        from++;
      }
      most = Math.max(most, i - from + 1);
    }
    return most;
  }

  private static QuotaLimits requests(long perMinute) {
    return new QuotaLimits(Map.of(Dimension.REQUESTS, perMinute), OptionalLong.empty());
  }

  private static RateLimits limit(long requests) {
    return new RateLimits(requests, Long.MAX_VALUE, 100);
  }
}
