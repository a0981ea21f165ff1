package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.UsageCounts;
import io.promptbeam.store.usage.UsageDay;
import io.promptbeam.store.usage.UsageStore;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counters in {@link BigtableSchema#USAGE}, a column for each counter and model, changed by
 * increments alone.
 *
 * <p>A row per day has a column for each owner that has counts that day. It is written before the
 * owner's row, so that whatever is counted is found by {@link #total}; how often it was written
 * means nothing.
 *
 * <p>Stored: columns and their meaning do not change.
 */
final class BigtableUsage implements UsageStore {
  private static final String CALLS = "calls";
  private static final String FAILED_CALLS = "failed_calls";
  private static final String INPUT = "input";
  private static final String CACHED = "cached";
  private static final String OUTPUT = "output";
  private static final String REASONING = "reasoning";
  private static final String COST = "cost";
  private static final String JOBS = "jobs.";

  /** Before the model in a column; no counter's name has it. */
  private static final char OF_MODEL = ':';

  private static final int OWNERS_PER_READ = 500;
  private static final int DAYS_KEPT = 2;

  private final BigtableCalls calls;

  /** Days and owners that are known to be named, those of the last days only. */
  private final Set<UsageDay> named = ConcurrentHashMap.newKeySet();

  BigtableUsage(BigtableCalls calls) {
    this.calls = calls;
  }

  @Override
  public CompletableFuture<Void> add(UsageDay day, String writer, Change change) {
    ReadModifyWriteRow row =
        ReadModifyWriteRow.create(BigtableSchema.USAGE, RowKeys.usage(day))
            .increment(BigtableSchema.USAGE_WRITERS, writer, 1);
    if (change.unreservedPicos() != 0) {
      row.increment(BigtableSchema.USAGE_BUDGET, BigtableBudgetRow.TAKEN, change.unreservedPicos());
    }
    change
        .byModel()
        .forEach(
            (model, counts) ->
                counters(counts)
                    .forEach(
                        (name, amount) -> {
                          if (amount != 0) {
                            row.increment(
                                BigtableSchema.USAGE_COUNTERS, name + OF_MODEL + model, amount);
                          }
                        }));
    return BigtableCalls.translated(
        name(day).thenCompose(done -> calls.readModifyWrite(row)).thenAccept(changed -> {}));
  }

  private CompletableFuture<Void> name(UsageDay day) {
    if (named.contains(day)) {
      return CompletableFuture.completedFuture(null);
    }
    ReadModifyWriteRow row =
        ReadModifyWriteRow.create(BigtableSchema.USAGE, RowKeys.usersOf(day.day()))
            .increment(BigtableSchema.USAGE_COUNTERS, day.owner().name(), 1);
    return calls
        .readModifyWrite(row)
        .thenAccept(
            changed -> {
              named.removeIf(old -> old.day().isBefore(day.day().minusDays(DAYS_KEPT)));
              named.add(day);
            });
  }

  @Override
  public CompletableFuture<Day> total(LocalDate day) {
    Query users =
        Query.create(BigtableSchema.USAGE)
            .rowKey(RowKeys.usersOf(day))
            .filter(Cells.newestOf(BigtableSchema.USAGE_COUNTERS));
    return BigtableCalls.translated(
        calls
            .read(users)
            .thenCompose(
                rows ->
                    rows.isEmpty()
                        ? CompletableFuture.completedFuture(List.<Row>of())
                        : rowsOf(rows.get(0).getCells(), day))
            .thenApply(
                rows -> {
                  Map<String, UsageCounts> sums = new TreeMap<>();
                  rows.forEach(
                      row ->
                          byModel(row)
                              .forEach(
                                  (model, counts) -> sums.merge(model, counts, UsageCounts::plus)));
                  return new Day(day, sums);
                }));
  }

  private CompletableFuture<List<Row>> rowsOf(List<RowCell> owners, LocalDate day) {
    CompletableFuture<List<Row>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (int from = 0; from < owners.size(); from += OWNERS_PER_READ) {
      Query some =
          Query.create(BigtableSchema.USAGE).filter(Cells.newestOf(BigtableSchema.USAGE_COUNTERS));
      for (RowCell owner : owners.subList(from, Math.min(from + OWNERS_PER_READ, owners.size()))) {
        some.rowKey(
            RowKeys.usage(new UsageDay(new Owner(owner.getQualifier().toStringUtf8()), day)));
      }
      all =
          all.thenCombine(
              calls.read(some),
              (before, rows) -> {
                before.addAll(rows);
                return before;
              });
    }
    return all;
  }

  private static Map<String, Long> counters(UsageCounts counts) {
    Map<String, Long> named = new TreeMap<>();
    named.put(CALLS, counts.calls());
    named.put(FAILED_CALLS, counts.failedCalls());
    named.put(INPUT, counts.usage().inputTokens());
    named.put(CACHED, counts.usage().cachedInputTokens());
    named.put(OUTPUT, counts.usage().outputTokens());
    named.put(REASONING, counts.usage().reasoningTokens());
    named.put(COST, counts.costPicos());
    counts.jobs().forEach((state, jobs) -> named.put(JOBS + state.wireName(), jobs));
    return named;
  }

  @Override
  public CompletableFuture<Long> sequence(UsageDay day, String writer) {
    Query query =
        Query.create(BigtableSchema.USAGE)
            .rowKey(RowKeys.usage(day))
            .filter(Cells.newestOf(BigtableSchema.USAGE_WRITERS, ByteString.copyFromUtf8(writer)));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> rows.isEmpty() ? 0L : number(rows.get(0).getCells().get(0).getValue())));
  }

  @Override
  public CompletableFuture<List<Day>> read(Owner owner, LocalDate from, LocalDate to) {
    Query query =
        Query.create(BigtableSchema.USAGE)
            .range(
                RowKeys.usage(new UsageDay(owner, from)),
                RowKeys.usage(new UsageDay(owner, to.plusDays(1))))
            .filter(Cells.newestOf(BigtableSchema.USAGE_COUNTERS));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows ->
                    rows.stream()
                        .flatMap(
                            row ->
                                RowKeys.parseUsage(row.getKey().toStringUtf8())
                                    .map(key -> new Day(key.day(), byModel(row)))
                                    .stream())
                        .toList()));
  }

  private static Map<String, UsageCounts> byModel(Row row) {
    Map<String, Map<String, Long>> named = new TreeMap<>();
    for (RowCell cell : row.getCells()) {
      String column = cell.getQualifier().toStringUtf8();
      int end = column.indexOf(OF_MODEL);
      if (end > 0) {
        named
            .computeIfAbsent(column.substring(end + 1), model -> new HashMap<>())
            .put(column.substring(0, end), number(cell.getValue()));
      }
    }
    Map<String, UsageCounts> byModel = new TreeMap<>();
    named.forEach((model, counters) -> byModel.put(model, counts(counters)));
    return byModel;
  }

  private static UsageCounts counts(Map<String, Long> named) {
    Map<JobState, Long> jobs = new EnumMap<>(JobState.class);
    for (JobState state : JobState.values()) {
      Long count = named.get(JOBS + state.wireName());
      if (count != null) {
        jobs.put(state, count);
      }
    }
    return new UsageCounts(
        named.getOrDefault(CALLS, 0L),
        named.getOrDefault(FAILED_CALLS, 0L),
        jobs,
        new Usage(
            named.getOrDefault(INPUT, 0L),
            named.getOrDefault(CACHED, 0L),
            named.getOrDefault(OUTPUT, 0L),
            named.getOrDefault(REASONING, 0L)),
        named.getOrDefault(COST, 0L));
  }

  @Override
  public BudgetRow budget(UsageDay day) {
    return new BigtableBudgetRow(calls, RowKeys.usage(day));
  }

  /** Eight bytes, the most significant first, as Bigtable increments them. */
  static long number(ByteString value) {
    return value.asReadOnlyByteBuffer().getLong();
  }
}
