package io.promptbeam.store.usage;

import io.promptbeam.job.Owner;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** Usage for tests: thread-safe, completes every future before it returns. */
public final class InMemoryUsage implements UsageStore {
  private static final class Stored {
    private final Map<String, UsageCounts> byModel = new TreeMap<>();
    private final Map<String, Long> sequences = new HashMap<>();
    private final Map<String, BudgetRow.WorkerView> workers = new HashMap<>();
    private long taken;
  }

  private final LongSupplier serverMicros;
  private final Map<UsageDay, Stored> days = new HashMap<>();

  public InMemoryUsage() {
    this(() -> System.currentTimeMillis() * 1_000);
  }

  /** One whose server has a clock of its own. */
  public InMemoryUsage(LongSupplier serverMicros) {
    this.serverMicros = serverMicros;
  }

  private Stored stored(UsageDay day) {
    return days.computeIfAbsent(day, key -> new Stored());
  }

  @Override
  public synchronized CompletableFuture<Void> add(UsageDay day, String writer, Change change) {
    Stored stored = stored(day);
    stored.sequences.merge(writer, 1L, Long::sum);
    stored.taken += change.unreservedPicos();
    change
        .byModel()
        .forEach((model, counts) -> stored.byModel.merge(model, counts, UsageCounts::plus));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletableFuture<Long> sequence(UsageDay day, String writer) {
    return CompletableFuture.completedFuture(stored(day).sequences.getOrDefault(writer, 0L));
  }

  @Override
  public synchronized CompletableFuture<List<Day>> read(Owner owner, LocalDate from, LocalDate to) {
    List<Day> found = new ArrayList<>();
    for (LocalDate day = from; !day.isAfter(to); day = day.plusDays(1)) {
      Stored stored = stored(new UsageDay(owner, day));
      if (!stored.byModel.isEmpty()) {
        found.add(new Day(day, new TreeMap<>(stored.byModel)));
      }
    }
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public synchronized CompletableFuture<Day> total(LocalDate day) {
    Map<String, UsageCounts> sums = new TreeMap<>();
    days.forEach(
        (of, stored) -> {
          if (of.day().equals(day)) {
            stored.byModel.forEach((model, counts) -> sums.merge(model, counts, UsageCounts::plus));
          }
        });
    return CompletableFuture.completedFuture(new Day(day, sums));
  }

  @Override
  public BudgetRow budget(UsageDay day) {
    return new BudgetRow() {
      @Override
      public CompletableFuture<Leased> lease(String worker, long take, long spend) {
        synchronized (InMemoryUsage.this) {
          Stored stored = stored(day);
          stored.taken += take;
          WorkerView before = stored.workers.getOrDefault(worker, new WorkerView(0, 0, 0));
          WorkerView now =
              new WorkerView(
                  before.leased() + take, before.spent() + spend, serverMicros.getAsLong());
          stored.workers.put(worker, now);
          return CompletableFuture.completedFuture(
              new Leased(stored.taken, now.leased(), now.spent(), now.beatMicros()));
        }
      }

      @Override
      public CompletableFuture<View> read() {
        synchronized (InMemoryUsage.this) {
          Stored stored = stored(day);
          return CompletableFuture.completedFuture(new View(stored.taken, stored.workers, 0));
        }
      }

      @Override
      public CompletableFuture<Boolean> reclaim(String worker, WorkerView seen) {
        synchronized (InMemoryUsage.this) {
          Stored stored = stored(day);
          boolean unchanged = stored.workers.remove(worker, seen);
          if (unchanged) {
            stored.taken -= seen.leased() - seen.spent();
          }
          return CompletableFuture.completedFuture(unchanged);
        }
      }
    };
  }
}
