package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import io.promptbeam.job.Owner;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** Counters in the {@code owners} table: a row per owner, 64-bit integers that are added to. */
final class BigtableOwnerCounters implements OwnerCounters {
  private static final String WAITING = "waiting";
  private static final String RECOUNTED_MILLIS = "recounted";

  private final BigtableCalls calls;

  BigtableOwnerCounters(BigtableCalls calls) {
    this.calls = calls;
  }

  @Override
  public CompletableFuture<Counts> add(Owner owner, long waiting, long submits, long minute) {
    String window = Long.toString(minute);
    // Adding nothing reads.
    var change =
        row(owner)
            .increment(BigtableSchema.OWNER_COUNTS, WAITING, waiting)
            .increment(BigtableSchema.OWNER_COUNTS, RECOUNTED_MILLIS, 0)
            .increment(BigtableSchema.OWNER_MINUTES, window, submits);
    return BigtableCalls.translated(
        calls
            .readModifyWrite(change)
            .thenApply(
                row ->
                    new Counts(
                        number(row, BigtableSchema.OWNER_COUNTS, WAITING),
                        number(row, BigtableSchema.OWNER_MINUTES, window),
                        Instant.ofEpochMilli(
                            number(row, BigtableSchema.OWNER_COUNTS, RECOUNTED_MILLIS)))));
  }

  @Override
  public CompletableFuture<Boolean> recounting(Owner owner, Instant seen, Instant now) {
    long change = now.toEpochMilli() - seen.toEpochMilli();
    return BigtableCalls.translated(
        announce(owner, change)
            .thenCompose(
                stands ->
                    stands == now.toEpochMilli()
                        ? CompletableFuture.completedFuture(true)
                        : announce(owner, -change).thenApply(takenBack -> false)));
  }

  private CompletableFuture<Long> announce(Owner owner, long changeMillis) {
    return calls
        .readModifyWrite(
            row(owner).increment(BigtableSchema.OWNER_COUNTS, RECOUNTED_MILLIS, changeMillis))
        .thenApply(row -> number(row, BigtableSchema.OWNER_COUNTS, RECOUNTED_MILLIS));
  }

  private static ReadModifyWriteRow row(Owner owner) {
    return ReadModifyWriteRow.create(BigtableSchema.OWNERS, owner.name());
  }

  private static long number(Row row, String family, String column) {
    for (RowCell cell : row.getCells(family, column)) {
      return cell.getValue().asReadOnlyByteBuffer().getLong();
    }
    throw new IllegalStateException("Bigtable answered without a counter that was added to");
  }
}
