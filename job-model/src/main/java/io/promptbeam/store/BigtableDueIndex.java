package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Range.ByteStringRange;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.protobuf.ByteString;
import io.promptbeam.job.JobSpec;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of {@code jobs_due}: the key says everything, the one cell only keeps the row there. */
final class BigtableDueIndex {
  private static final Logger log = LoggerFactory.getLogger(BigtableDueIndex.class);
  private static final ByteString PRESENT = ByteString.copyFromUtf8("{}");
  private static final int ROWS_PER_BULK = 1_000;

  private final BigtableCalls calls;
  private final Clock cellClock;

  BigtableDueIndex(BigtableCalls calls, Clock cellClock) {
    this.calls = calls;
    this.cellClock = cellClock;
  }

  CompletableFuture<Void> addFirst(Collection<JobSpec> specs) {
    return add(specs.stream().map(DueEntry::first).toList());
  }

  CompletableFuture<Void> add(Collection<DueEntry> entries) {
    return inBulk(
        entries,
        entry ->
            RowMutationEntry.create(RowKeys.due(entry))
                .setCell(
                    BigtableSchema.ENTRY,
                    BigtableSchema.JSON,
                    // Kept until it is due, however long that is.
                    Math.multiplyExact(
                        Math.max(cellClock.millis(), entry.at().toEpochMilli()), 1_000L),
                    PRESENT));
  }

  CompletableFuture<Void> remove(Collection<DueEntry> entries) {
    return inBulk(entries, entry -> RowMutationEntry.create(RowKeys.due(entry)).deleteRow());
  }

  /** The new rows first: a job between two entries would be found by nobody. */
  CompletableFuture<Void> move(Map<DueEntry, Instant> moves) {
    List<DueEntry> to = new ArrayList<>();
    List<DueEntry> from = new ArrayList<>();
    moves.forEach(
        (entry, at) -> {
          DueEntry moved = new DueEntry(entry.jobId(), at);
          if (!moved.equals(entry)) {
            to.add(moved);
            from.add(entry);
          }
        });
    return add(to).thenCompose(added -> remove(from));
  }

  CompletableFuture<List<DueEntry>> read(
      int bucket, Instant until, Optional<DueEntry> after, int limit) {
    ByteStringRange range =
        ByteStringRange.unbounded()
            .endClosed(ByteString.copyFromUtf8(RowKeys.dueAt(bucket, until)));
    range =
        after.isPresent()
            ? range.startOpen(ByteString.copyFromUtf8(RowKeys.due(after.get())))
            : range.startClosed(ByteString.copyFromUtf8(RowKeys.duePrefix(bucket)));
    return calls
        .read(Query.create(BigtableSchema.JOBS_DUE).range(range).limit(limit))
        .thenApply(
            rows -> {
              List<DueEntry> entries = new ArrayList<>(rows.size());
              for (Row row : rows) {
                String key = row.getKey().toStringUtf8();
                RowKeys.parseDue(key)
                    .ifPresentOrElse(
                        entries::add, () -> log.error("no due entry has the key {}", key));
              }
              return entries;
            });
  }

  private interface Mutation {
    RowMutationEntry of(DueEntry entry);
  }

  private CompletableFuture<Void> inBulk(Collection<DueEntry> entries, Mutation mutation) {
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    BulkMutation bulk = BulkMutation.create(BigtableSchema.JOBS_DUE);
    for (DueEntry entry : entries) {
      bulk.add(mutation.of(entry));
      if (bulk.getEntryCount() == ROWS_PER_BULK) {
        writes.add(calls.mutateAll(bulk));
        bulk = BulkMutation.create(BigtableSchema.JOBS_DUE);
      }
    }
    writes.add(calls.mutateAll(bulk));
    return CompletableFuture.allOf(writes.toArray(CompletableFuture<?>[]::new));
  }
}
