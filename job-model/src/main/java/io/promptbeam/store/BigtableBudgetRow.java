package io.promptbeam.store;

import static com.google.cloud.bigtable.data.v2.models.Filters.FILTERS;

import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import io.promptbeam.store.usage.BudgetRow;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The budget's part of an owner's day. All but the end of a dead worker's lease are increments,
 * which the server stamps with its time.
 *
 * <p>Stored: columns and their meaning do not change.
 */
final class BigtableBudgetRow implements BudgetRow {
  static final String TAKEN = "taken";

  private static final String FAMILY = BigtableSchema.USAGE_BUDGET;
  private static final String LEASED = "l:";
  private static final String SPENT = "s:";

  /** Of a lease that has ended: what is to be taken off {@link #TAKEN}; one for each end. */
  private static final String RETURNING = "r:";

  private final BigtableCalls calls;
  private final String key;

  BigtableBudgetRow(BigtableCalls calls, String key) {
    this.calls = calls;
    this.key = key;
  }

  @Override
  public CompletableFuture<Leased> lease(String worker, long take, long spend) {
    ReadModifyWriteRow change =
        ReadModifyWriteRow.create(BigtableSchema.USAGE, key)
            .increment(FAMILY, TAKEN, take)
            .increment(FAMILY, LEASED + worker, take)
            .increment(FAMILY, SPENT + worker, spend);
    return BigtableCalls.translated(
        calls
            .readModifyWrite(change)
            .thenApply(
                row ->
                    new Leased(
                        number(row, TAKEN),
                        number(row, LEASED + worker),
                        number(row, SPENT + worker),
                        row.getCells(FAMILY, LEASED + worker).get(0).getTimestamp())));
  }

  @Override
  public CompletableFuture<View> read() {
    Query query = Query.create(BigtableSchema.USAGE).rowKey(key).filter(Cells.newestOf(FAMILY));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(rows -> view(rows.isEmpty() ? List.of() : rows.get(0).getCells())));
  }

  private static View view(List<RowCell> cells) {
    Map<String, Long> numbers = new HashMap<>();
    Map<String, Long> beats = new HashMap<>();
    long returning = 0;
    for (RowCell cell : cells) {
      String column = cell.getQualifier().toStringUtf8();
      numbers.put(column, BigtableUsage.number(cell.getValue()));
      if (column.startsWith(LEASED)) {
        beats.put(column.substring(LEASED.length()), cell.getTimestamp());
      } else if (column.startsWith(RETURNING)) {
        returning += BigtableUsage.number(cell.getValue());
      }
    }
    Map<String, WorkerView> workers = new HashMap<>();
    beats.forEach(
        (worker, at) ->
            workers.put(
                worker,
                new WorkerView(
                    numbers.getOrDefault(LEASED + worker, 0L),
                    numbers.getOrDefault(SPENT + worker, 0L),
                    at)));
    return new View(numbers.getOrDefault(TAKEN, 0L), workers, returning);
  }

  @Override
  public CompletableFuture<Boolean> reclaim(String worker, WorkerView seen) {
    Filter unchanged =
        FILTERS
            .chain()
            .filter(
                Cells.ofValue(
                    Cells.newestOf(FAMILY, ByteString.copyFromUtf8(LEASED + worker)),
                    bytes(seen.leased())))
            .filter(FILTERS.timestamp().range().endClosed(seen.beatMicros()));
    long unspent = seen.leased() - seen.spent();
    // No condition goes with an increment, so it takes two writes. Between them, and for good if
    // the second one is lost, the row has to say that nobody has spent it.
    String returning = RETURNING + worker + "@" + seen.beatMicros();
    Mutation ended =
        Mutation.create()
            .deleteCells(FAMILY, LEASED + worker)
            .deleteCells(FAMILY, SPENT + worker)
            .setCell(FAMILY, ByteString.copyFromUtf8(returning), seen.beatMicros(), bytes(unspent));
    return BigtableCalls.translated(
        calls
            .checkAndMutate(
                ConditionalRowMutation.create(BigtableSchema.USAGE, key)
                    .condition(unchanged)
                    .then(ended))
            .thenCompose(
                done ->
                    done
                        ? calls
                            .readModifyWrite(
                                ReadModifyWriteRow.create(BigtableSchema.USAGE, key)
                                    .increment(FAMILY, TAKEN, -unspent)
                                    .increment(FAMILY, returning, -unspent))
                            .thenApply(row -> true)
                        : CompletableFuture.completedFuture(false)));
  }

  private static ByteString bytes(long number) {
    return ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  private static long number(Row row, String column) {
    return BigtableUsage.number(row.getCells(FAMILY, column).get(0).getValue());
  }
}
