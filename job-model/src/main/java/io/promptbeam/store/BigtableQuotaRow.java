package io.promptbeam.store;

import static com.google.cloud.bigtable.data.v2.models.Filters.FILTERS;

import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.protobuf.ByteString;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import io.promptbeam.store.quota.QuotaJson;
import io.promptbeam.store.quota.QuotaRow;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A quota's row of {@link BigtableSchema#QUOTAS}. Counters and heartbeats are written by
 * read-modify-write, so that their timestamps are the server's; where a cell is set, the old one is
 * deleted first, and the server stamps it.
 *
 * <p>Stored: columns and their encoding do not change.
 */
final class BigtableQuotaRow implements QuotaRow {
  private static final String FAMILY = BigtableSchema.QUOTA;
  private static final long SERVER_TIME = -1;
  private static final String COUNTER = "n:";
  private static final String BEAT = "w:";
  private static final String HELD = "h:";
  private static final String GENERATION = "g";
  private static final String HOLDS_VERSION = "hv";
  private static final String CONTROL = "control";

  private final BigtableCalls calls;
  private final ByteString key;

  BigtableQuotaRow(BigtableCalls calls, String quotaId) {
    this.calls = calls;
    this.key = ByteString.copyFromUtf8(quotaId);
  }

  @Override
  public CompletableFuture<Reserved> reserve(String worker, Map<Dimension, Long> amounts) {
    ReadModifyWriteRow change =
        ReadModifyWriteRow.create(BigtableSchema.QUOTAS, key)
            .increment(FAMILY, BEAT + worker, 1)
            .increment(FAMILY, GENERATION, 0);
    amounts.forEach(
        (dimension, amount) -> change.increment(FAMILY, COUNTER + dimension.column(), amount));
    return BigtableCalls.translated(
        calls
            .readModifyWrite(change)
            .thenApply(
                row -> {
                  Map<Dimension, Long> ends = new EnumMap<>(Dimension.class);
                  for (Dimension dimension : amounts.keySet()) {
                    ends.put(dimension, number(row, COUNTER + dimension.column()));
                  }
                  long micros = newest(row, BEAT + worker).map(RowCell::getTimestamp).orElseThrow();
                  return new Reserved(ends, number(row, GENERATION), micros);
                }));
  }

  @Override
  public CompletableFuture<Boolean> skip(Dimension dimension, long seen, long to) {
    String column = COUNTER + dimension.column();
    return change(column, seen, replaced(Mutation.createUnsafe(), column, bytes(to)));
  }

  @Override
  public CompletableFuture<View> read() {
    return BigtableCalls.translated(
        calls
            .read(Query.create(BigtableSchema.QUOTAS).rowKey(key).filter(Cells.NEWEST))
            .thenApply(rows -> rows.isEmpty() ? view(List.of()) : view(rows.get(0).getCells())));
  }

  @Override
  public CompletableFuture<Boolean> writeControl(long expectedGeneration, QuotaControl control) {
    Mutation mutation =
        replaced(Mutation.createUnsafe(), GENERATION, bytes(expectedGeneration + 1));
    ByteString json = ByteString.copyFrom(QuotaJson.write(control));
    return change(GENERATION, expectedGeneration, replaced(mutation, CONTROL, json));
  }

  @Override
  public CompletableFuture<Boolean> hold(
      String worker, long held, Collection<String> dead, long expectedVersion) {
    Mutation mutation =
        replaced(Mutation.createUnsafe(), HOLDS_VERSION, bytes(expectedVersion + 1));
    dead.forEach(gone -> mutation.deleteCells(FAMILY, HELD + gone));
    return change(HOLDS_VERSION, expectedVersion, replaced(mutation, HELD + worker, bytes(held)));
  }

  @Override
  public CompletableFuture<Void> forget(Collection<String> workers) {
    RowMutation mutation = RowMutation.create(BigtableSchema.QUOTAS, key);
    for (String worker : workers) {
      mutation.deleteCells(FAMILY, BEAT + worker).deleteCells(FAMILY, HELD + worker);
    }
    return BigtableCalls.translated(calls.mutate(mutation));
  }

  /** Applies {@code mutation} where the number in {@code column} is {@code expected}, or absent. */
  private CompletableFuture<Boolean> change(String column, long expected, Mutation mutation) {
    Filter newest = Cells.newestOf(FAMILY, ByteString.copyFromUtf8(column));
    if (expected == 0) {
      // A number that was never written is 0, too; those that differ from 0 are looked for.
      Filter other =
          FILTERS.chain().filter(newest).filter(FILTERS.value().range().startOpen(bytes(0)));
      return BigtableCalls.translated(
          calls
              .checkAndMutate(
                  ConditionalRowMutation.create(BigtableSchema.QUOTAS, key)
                      .condition(other)
                      .otherwise(mutation))
              .thenApply(isOther -> !isOther));
    }
    Filter same = Cells.ofValue(newest, bytes(expected));
    return BigtableCalls.translated(
        calls.checkAndMutate(
            ConditionalRowMutation.create(BigtableSchema.QUOTAS, key)
                .condition(same)
                .then(mutation)));
  }

  private static Mutation replaced(Mutation mutation, String column, ByteString value) {
    return mutation
        .deleteCells(FAMILY, column)
        .setCell(FAMILY, ByteString.copyFromUtf8(column), SERVER_TIME, value);
  }

  private static View view(List<RowCell> cells) {
    Map<Dimension, Long> counters = new EnumMap<>(Dimension.class);
    Map<String, Long> beats = new HashMap<>();
    Map<String, Long> holds = new HashMap<>();
    Optional<QuotaControl> control = Optional.empty();
    long generation = 0;
    long holdsVersion = 0;
    for (RowCell cell : cells) {
      String column = cell.getQualifier().toStringUtf8();
      if (column.startsWith(BEAT)) {
        beats.put(column.substring(BEAT.length()), cell.getTimestamp());
      } else if (column.startsWith(HELD)) {
        holds.put(column.substring(HELD.length()), number(cell));
      } else if (column.startsWith(COUNTER)) {
        for (Dimension dimension : Dimension.values()) {
          if (column.equals(COUNTER + dimension.column())) {
            counters.put(dimension, number(cell));
          }
        }
      } else if (column.equals(GENERATION)) {
        generation = number(cell);
      } else if (column.equals(HOLDS_VERSION)) {
        holdsVersion = number(cell);
      } else if (column.equals(CONTROL)) {
        control = Optional.of(QuotaJson.read(cell.getValue().toByteArray()));
      }
    }
    Map<String, WorkerView> workers = new HashMap<>();
    beats.forEach(
        (worker, at) -> workers.put(worker, new WorkerView(at, holds.getOrDefault(worker, 0L))));
    return new View(generation, control, counters, workers, holdsVersion);
  }

  private static long number(Row row, String column) {
    return newest(row, column).map(BigtableQuotaRow::number).orElse(0L);
  }

  private static Optional<RowCell> newest(Row row, String column) {
    return row.getCells(FAMILY, column).stream().findFirst();
  }

  private static long number(RowCell cell) {
    return cell.getValue().asReadOnlyByteBuffer().getLong();
  }

  /** Eight bytes, the most significant first, as Bigtable increments them. */
  private static ByteString bytes(long number) {
    return ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }
}
