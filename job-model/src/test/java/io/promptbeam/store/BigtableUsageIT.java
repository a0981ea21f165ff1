package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.cloud.bigtable.emulator.v2.Emulator;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.BudgetRow.WorkerView;
import io.promptbeam.store.usage.UsageCounts;
import io.promptbeam.store.usage.UsageDay;
import io.promptbeam.store.usage.UsageStore;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BigtableUsageIT {
  private static final LocalDate DAY = LocalDate.parse("2026-11-01");

  private static Emulator emulator;
  private static BigtableTarget target;
  private static BigtableJobStore store;
  private static UsageStore usage;
  private static ClientCalls calls;

  @BeforeAll
  static void start() throws Exception {
    emulator = Emulator.createBundled();
    emulator.start();
    target = new BigtableTarget.Emulator("127.0.0.1", emulator.getPort());
    BigtableSchema.createMissing(target, BigtableSchema.DEFAULT_RETENTION);
    store = BigtableJobStore.open(target);
    usage = store.usage();
    calls = new ClientCalls(BigtableClients.data(target, BigtableJobStore.Options.DEFAULT));
  }

  @AfterAll
  static void stop() {
    calls.close();
    store.close();
    emulator.stop();
  }

  private static UsageCounts counts(long calls) {
    return new UsageCounts(
        calls, 1, Map.of(JobState.FAILED, 1L), new Usage(10, 4, 3, 2), 1_500_000_000_000L);
  }

  private static UsageStore.Change change(String model, long calls) {
    return new UsageStore.Change(Map.of(model, counts(calls)), 7);
  }

  @Test
  void counters_addUp_whenManyWriteAtOnce() {
    Owner owner = new Owner("many");
    UsageDay day = new UsageDay(owner, DAY);
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      writes.add(usage.add(day, "w" + i % 4, change(i % 2 == 0 ? "m" : "a:b", 2)));
    }
    writes.forEach(CompletableFuture::join);
    UsageStore.Day read = usage.read(owner, DAY, DAY).join().get(0);
    assertThat(read.byModel()).containsOnlyKeys("m", "a:b");
    assertThat(read.byModel().get("a:b"))
        .isEqualTo(
            new UsageCounts(
                200,
                100,
                Map.of(JobState.FAILED, 100L),
                new Usage(1_000, 400, 300, 200),
                150_000_000_000_000L));
    assertThat(usage.sequence(day, "w3").join()).isEqualTo(50);
    assertThat(usage.sequence(day, "nobody").join()).isZero();
    assertThat(usage.budget(day).read().join().taken()).isEqualTo(1_400);
  }

  @Test
  void days_areThoseAskedFor_andOfTheOwner() {
    Owner owner = new Owner("days");
    for (int i = 0; i < 5; i++) {
      usage.add(new UsageDay(owner, DAY.plusDays(i)), "w", change("m", i + 1)).join();
    }
    usage.add(new UsageDay(new Owner("days2"), DAY), "w", change("m", 9)).join();
    assertThat(usage.read(owner, DAY.plusDays(1), DAY.plusDays(3)).join())
        .extracting(UsageStore.Day::day)
        .containsExactly(DAY.plusDays(1), DAY.plusDays(2), DAY.plusDays(3));
    assertThat(usage.read(new Owner("day"), DAY, DAY.plusDays(9)).join()).isEmpty();
  }

  @Test
  void total_isOfAllOwnersOfTheDay_howeverManyWriteAndHoweverOften() {
    LocalDate day = DAY.plusDays(40);
    assertThat(usage.total(day).join().byModel()).isEmpty();
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    for (int i = 0; i < 1_100; i++) {
      // Of 550 owners, by writers that know nothing of each other.
      UsageStore by = i % 2 == 0 ? usage : new BigtableUsage(calls);
      UsageDay of = new UsageDay(new Owner("owner" + i % 550), day);
      writes.add(by.add(of, "w" + i, change(i % 3 == 0 ? "m" : "a:b", 2)));
    }
    usage.add(new UsageDay(new Owner("owner1"), day.plusDays(1)), "w", change("m", 9)).join();
    writes.forEach(CompletableFuture::join);
    UsageStore.Day total = usage.total(day).join();
    assertThat(total.day()).isEqualTo(day);
    UsageCounts sum = total.byModel().values().stream().reduce(UsageCounts.NONE, UsageCounts::plus);
    assertThat(sum.calls()).isEqualTo(2_200);
    assertThat(sum.jobs()).isEqualTo(Map.of(JobState.FAILED, 1_100L));
    assertThat(total.byModel()).containsOnlyKeys("m", "a:b");
    assertThat(usage.total(day.plusDays(1)).join().byModel()).containsOnlyKeys("m");
    assertThat(usage.read(new Owner("owner1"), day, day).join()).hasSize(1);
  }

  @Test
  void nothingIsCounted_thatTheTotalWouldNotFind() {
    LocalDate day = DAY.plusDays(50);
    UsageDay of = new UsageDay(new Owner("unnamed"), day);
    UsageStore cut = new BigtableUsage(new WithoutIncrements(calls));
    assertThat(cut.add(of, "w", change("m", 1))).failsWithin(Duration.ofSeconds(20));
    assertThat(usage.read(of.owner(), day, day).join()).isEmpty();
    assertThat(usage.sequence(of, "w").join()).isZero();
  }

  @Test
  void lease_isReclaimedOnce_andOnlyWhileItIsAsItWasSeen() {
    BudgetRow row = usage.budget(new UsageDay(new Owner("leases"), DAY));
    row.lease("dead", 100, 0).join();
    BudgetRow.Leased second = row.lease("dead", 50, 30).join();
    assertThat(List.of(second.taken(), second.leased(), second.spent()))
        .containsExactly(150L, 150L, 30L);
    row.lease("alive", 10, 1).join();
    BudgetRow.View view = row.read().join();
    assertThat(view.taken()).isEqualTo(160);
    assertThat(view.reserved()).isEqualTo(129);
    assertThat(view.spent()).isEqualTo(31);
    WorkerView dead = view.workers().getOrDefault("dead", new WorkerView(0, 0, 0));
    assertThat(dead.beatMicros()).isEqualTo(second.serverMicros());
    var stale = new WorkerView(100, 0, dead.beatMicros());
    assertThat(row.reclaim("dead", stale).join()).isFalse();
    var earlier = new WorkerView(150, 30, dead.beatMicros() - 1_000);
    assertThat(row.reclaim("dead", earlier).join()).isFalse();
    assertThat(row.reclaim("dead", dead).join()).isTrue();
    assertThat(row.reclaim("dead", dead).join()).isFalse();
    BudgetRow.View after = row.read().join();
    assertThat(after.taken()).isEqualTo(40);
    assertThat(after.spent()).isEqualTo(31);
    assertThat(after.reserved()).isEqualTo(9);
    assertThat(after.workers()).containsOnlyKeys("alive");
  }

  @Test
  void unspentLease_countsAsReserved_whenItsEndIsOnlyHalfWritten() throws Exception {
    UsageDay day = new UsageDay(new Owner("half"), DAY);
    BudgetRow row = usage.budget(day);
    row.lease("dead", 100, 30).join();
    WorkerView dead = row.read().join().workers().getOrDefault("dead", new WorkerView(0, 0, 0));
    try (var calls =
        new ClientCalls(BigtableClients.data(target, BigtableJobStore.Options.DEFAULT))) {
      BudgetRow cut = new BigtableBudgetRow(new WithoutIncrements(calls), RowKeys.usage(day));
      assertThat(cut.reclaim("dead", dead)).failsWithin(Duration.ofSeconds(20));
    }
    BudgetRow.View half = row.read().join();
    assertThat(half.workers()).isEmpty();
    assertThat(half.taken()).isEqualTo(100);
    assertThat(half.reserved()).isEqualTo(70);
    assertThat(half.spent()).isEqualTo(30);
    assertThat(row.reclaim("dead", dead).join()).isFalse();
  }

  /** Loses what it is asked to add. */
  private record WithoutIncrements(BigtableCalls real) implements BigtableCalls {
    @Override
    public CompletableFuture<Boolean> checkAndMutate(ConditionalRowMutation mutation) {
      return real.checkAndMutate(mutation);
    }

    @Override
    public CompletableFuture<Row> readModifyWrite(ReadModifyWriteRow change) {
      return CompletableFuture.failedFuture(SimulatedBigtable.unavailable());
    }

    @Override
    public CompletableFuture<Void> mutate(RowMutation mutation) {
      return real.mutate(mutation);
    }

    @Override
    public CompletableFuture<Void> mutateAll(BulkMutation mutations) {
      return real.mutateAll(mutations);
    }

    @Override
    public CompletableFuture<List<Row>> read(Query query) {
      return real.read(query);
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
