package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tables {@code batches}, {@code batches_by_owner} and {@code batch_plans}, and the lines in
 * {@code jobs}. Whatever decides what may still begin is in the batch's one row, so that it is
 * decided atomically.
 */
final class BigtableBatchStore implements BatchStore {
  private static final ByteString PRESENT = ByteString.copyFromUtf8("{}");

  /** The value of a segment's column while it has begun and not ended. */
  private static final ByteString OPEN = ByteString.copyFromUtf8("open");

  private static final int ROWS_PER_BULK = 500;
  private static final int BULKS_AT_ONCE = 8;

  /** The sweep looks at a batch for the first time when its message should have been worked off. */
  private static final Duration FIRST_LOOK_AFTER = Duration.ofSeconds(30);

  private static final Filter WITHOUT_SEGMENTS = Cells.newestOf(BigtableSchema.STATE);
  private static final Filter SPEC = Cells.newestOf(BigtableSchema.STATE, BigtableSchema.SPEC);
  private static final Filter CUT = Cells.newestOf(BigtableSchema.STATE, BigtableSchema.CUT);

  private final BigtableCalls calls;
  private final Clock clock;
  private final JobRows jobs;
  private final BigtableDueIndex due;
  private final ConditionalWrite.Pauses pauses;
  private final Supplier<String> versions;

  /**
   * @param versions each unlike any other there ever is
   */
  BigtableBatchStore(
      BigtableCalls calls,
      Clock clock,
      JobRows jobs,
      BigtableDueIndex due,
      ConditionalWrite.Pauses pauses,
      Supplier<String> versions) {
    this.calls = calls;
    this.clock = clock;
    this.jobs = jobs;
    this.due = due;
    this.pauses = pauses;
    this.versions = versions;
  }

  @Override
  public CompletableFuture<Creation> create(BatchSpec spec) {
    Instant look = clock.instant().plus(FIRST_LOOK_AFTER);
    var listed =
        RowMutation.create(BigtableSchema.BATCHES_BY_OWNER, RowKeys.batchByOwner(spec))
            .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON, nowMicros(), PRESENT);
    return BigtableCalls.translated(
        due.add(List.of(new DueEntry(BatchLine.dueIdOf(spec.id()), look)))
            .thenCompose(done -> calls.mutate(listed))
            .thenCompose(done -> createRow(spec)));
  }

  private CompletableFuture<Creation> createRow(BatchSpec spec) {
    String version = versions.get();
    long micros = nowMicros();
    Mutation row =
        Mutation.create()
            .deleteRow()
            .setCell(
                BigtableSchema.STATE, BigtableSchema.SPEC, micros, bytes(BatchJson.encode(spec)))
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.RUN,
                micros,
                bytes(BatchJson.encode(BatchRun.NEW)))
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.VERSION,
                micros,
                ByteString.copyFromUtf8(version));
    var mutation =
        ConditionalRowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(spec.id()))
            .condition(Cells.any(SPEC, CUT))
            .otherwise(row);
    return write(
            spec.id(),
            () -> calls.checkAndMutate(mutation).thenApply(existed -> !existed),
            Optional.empty(),
            version)
        .thenCompose(
            created -> {
              if (created) {
                var batch = new Batch(spec, BatchRun.NEW, Optional.empty(), version);
                return CompletableFuture.completedFuture(new Creation(true, batch));
              }
              return read(spec.id())
                  .thenCompose(found -> withoutStray(spec, found))
                  .thenApply(found -> new Creation(false, found));
            });
  }

  /** A repeated creation at another time left a row in the list that is not the batch's. */
  private CompletableFuture<Optional<Batch>> withoutStray(
      BatchSpec refused, Optional<Batch> found) {
    String stray = RowKeys.batchByOwner(refused);
    if (found.filter(batch -> stray.equals(RowKeys.batchByOwner(batch.spec()))).isPresent()) {
      return CompletableFuture.completedFuture(found);
    }
    return calls
        .mutate(RowMutation.create(BigtableSchema.BATCHES_BY_OWNER, stray).deleteRow())
        .thenApply(done -> found);
  }

  private CompletableFuture<Boolean> write(
      BatchId id,
      Supplier<CompletableFuture<Boolean>> attempt,
      Optional<String> before,
      String after) {
    return new ConditionalWrite(attempt, () -> readVersion(id), before, after, pauses).run();
  }

  private CompletableFuture<Optional<String>> readVersion(BatchId id) {
    return calls
        .read(
            Query.create(BigtableSchema.BATCHES)
                .rowKey(RowKeys.batch(id))
                .filter(JobRows.VERSION_ONLY))
        .thenApply(JobRows::version);
  }

  @Override
  public CompletableFuture<Boolean> isDeleted(BatchId id) {
    Query query =
        Query.create(BigtableSchema.BATCHES).rowKey(RowKeys.batch(id)).filter(Cells.any(SPEC, CUT));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows ->
                    rows.stream()
                        .anyMatch(
                            row ->
                                row.getCells(BigtableSchema.STATE, BigtableSchema.SPEC)
                                    .isEmpty())));
  }

  @Override
  public CompletableFuture<Optional<Batch>> read(BatchId id) {
    return readAll(List.of(id)).thenApply(found -> Optional.<Batch>ofNullable(found.get(id)));
  }

  private CompletableFuture<Map<BatchId, Batch>> readAll(List<BatchId> ids) {
    if (ids.isEmpty()) {
      return CompletableFuture.completedFuture(Map.of());
    }
    Query query = Query.create(BigtableSchema.BATCHES).filter(WITHOUT_SEGMENTS);
    ids.forEach(id -> query.rowKey(RowKeys.batch(id)));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> {
                  Map<BatchId, Batch> found = new HashMap<>();
                  rows.forEach(
                      row ->
                          progress(row)
                              .ifPresent(p -> found.put(p.batch().spec().id(), p.batch())));
                  return found;
                }));
  }

  @Override
  public CompletableFuture<Optional<BatchProgress>> progress(BatchId id) {
    return progress(id, Cells.NEWEST);
  }

  @Override
  public CompletableFuture<Optional<BatchProgress>> progress(BatchId id, int segment) {
    return progress(id, Cells.any(WITHOUT_SEGMENTS, cellsOf(segment)));
  }

  private CompletableFuture<Optional<BatchProgress>> progress(BatchId id, Filter cells) {
    Query query = Query.create(BigtableSchema.BATCHES).rowKey(RowKeys.batch(id)).filter(cells);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(rows -> rows.stream().findFirst().flatMap(BigtableBatchStore::progress)));
  }

  private static Filter cellsOf(int segment) {
    return Cells.newestOf(
        BigtableSchema.SEGMENTS, ByteString.copyFromUtf8(RowKeys.segmentColumn(segment)));
  }

  /** Empty for what is left of a batch that was deleted or collected. */
  private static Optional<BatchProgress> progress(Row row) {
    @Nullable BatchSpec spec = null;
    @Nullable BatchRun run = null;
    @Nullable String version = null;
    Optional<Cut> cut = Optional.empty();
    Map<Integer, SegmentTally> done = new TreeMap<>();
    Set<Integer> open = new HashSet<>();
    for (RowCell cell : row.getCells()) {
      byte[] value = cell.getValue().toByteArray();
      if (cell.getFamily().equals(BigtableSchema.SEGMENTS)) {
        int segment = RowKeys.segmentOf(cell.getQualifier().toStringUtf8());
        if (cell.getValue().equals(OPEN)) {
          open.add(segment);
        } else {
          done.put(segment, BatchJson.decodeTally(value));
        }
      } else if (cell.getQualifier().equals(BigtableSchema.SPEC)) {
        spec = BatchJson.decodeSpec(value);
      } else if (cell.getQualifier().equals(BigtableSchema.RUN)) {
        run = BatchJson.decodeRun(value);
      } else if (cell.getQualifier().equals(BigtableSchema.CUT)) {
        cut = Optional.of(BatchJson.decodeCut(value));
      } else {
        version = cell.getValue().toStringUtf8();
      }
    }
    return spec == null || run == null || version == null
        ? Optional.empty()
        : Optional.of(new BatchProgress(new Batch(spec, run, cut, version), done, open));
  }

  @Override
  public CompletableFuture<Optional<String>> compareAndSet(Batch current, BatchRun next) {
    String version = versions.get();
    long micros = nowMicros();
    Mutation change =
        Mutation.create()
            .deleteCells(BigtableSchema.STATE, BigtableSchema.RUN)
            .setCell(
                BigtableSchema.STATE, BigtableSchema.RUN, micros, bytes(BatchJson.encode(next)))
            .deleteCells(BigtableSchema.STATE, BigtableSchema.VERSION)
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.VERSION,
                micros,
                ByteString.copyFromUtf8(version));
    Filter unchanged =
        Cells.ofValue(JobRows.VERSION_ONLY, ByteString.copyFromUtf8(current.version()));
    BatchId id = current.spec().id();
    var mutation =
        ConditionalRowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(id))
            .condition(unchanged)
            .then(change);
    return BigtableCalls.translated(
        write(id, () -> calls.checkAndMutate(mutation), Optional.of(current.version()), version)
            .thenApply(done -> done ? Optional.of(version) : Optional.empty()));
  }

  @Override
  public CompletableFuture<Optional<Cut>> cut(BatchId id, Cut cut) {
    var mutation =
        ConditionalRowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(id))
            .condition(CUT)
            .otherwise(
                Mutation.create()
                    .setCell(
                        BigtableSchema.STATE,
                        BigtableSchema.CUT,
                        nowMicros(),
                        bytes(BatchJson.encode(cut))));
    return BigtableCalls.translated(
        calls
            .checkAndMutate(mutation)
            .thenCompose(was -> read(id))
            .thenApply(found -> found.flatMap(Batch::cut)));
  }

  @Override
  public CompletableFuture<Boolean> open(BatchId id, int segment) {
    ByteString name = ByteString.copyFromUtf8(RowKeys.segmentColumn(segment));
    Filter itself = cellsOf(segment);
    var mutation =
        ConditionalRowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(id))
            .condition(Cells.any(CUT, itself))
            .otherwise(Mutation.create().setCell(BigtableSchema.SEGMENTS, name, nowMicros(), OPEN));
    Query begun = Query.create(BigtableSchema.BATCHES).rowKey(RowKeys.batch(id)).filter(itself);
    return BigtableCalls.translated(
        calls
            .checkAndMutate(mutation)
            .thenCompose(
                was ->
                    was
                        ? calls.read(begun).thenApply(rows -> !rows.isEmpty())
                        : CompletableFuture.completedFuture(true)));
  }

  @Override
  public CompletableFuture<Void> finish(BatchId id, int segment, SegmentTally tally) {
    ByteString name = ByteString.copyFromUtf8(RowKeys.segmentColumn(segment));
    Mutation change =
        Mutation.create()
            .deleteCells(BigtableSchema.SEGMENTS, name)
            .setCell(BigtableSchema.SEGMENTS, name, nowMicros(), bytes(BatchJson.encode(tally)));
    return BigtableCalls.translated(
        calls
            .checkAndMutate(
                ConditionalRowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(id))
                    .condition(cellsOf(segment))
                    .then(change))
            .thenAccept(begun -> {}));
  }

  @Override
  public CompletableFuture<Void> putLines(Map<JobSpec, LlmRequest> lines) {
    BulkMutation bulk = BulkMutation.create(BigtableSchema.JOBS);
    lines.forEach((spec, request) -> bulk.add(jobs.line(spec, StoreLimits.encodeRequest(request))));
    return BigtableCalls.translated(calls.mutateAll(bulk));
  }

  @Override
  public CompletableFuture<Void> putPlan(BatchId id, int segment, byte[] plan) {
    return BigtableCalls.translated(
        calls.mutate(
            RowMutation.create(BigtableSchema.BATCH_PLANS, RowKeys.plan(id, segment))
                .deleteRow()
                .setCell(BigtableSchema.ENTRY, BigtableSchema.JSON, nowMicros(), bytes(plan))));
  }

  @Override
  public CompletableFuture<Map<Integer, byte[]>> plans(BatchId id, int from, int limit) {
    Query query =
        Query.create(BigtableSchema.BATCH_PLANS)
            .range(RowKeys.plan(id, from), RowKeys.planEnd(id))
            .limit(limit)
            .filter(Cells.NEWEST);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> {
                  Map<Integer, byte[]> plans = new TreeMap<>();
                  for (Row row : rows) {
                    plans.put(
                        RowKeys.segmentOf(row.getKey().toStringUtf8()),
                        row.getCells().get(0).getValue().toByteArray());
                  }
                  return plans;
                }));
  }

  @Override
  public CompletableFuture<List<Job>> lines(BatchId id, int segment, Set<JobStore.Part> parts) {
    Query query =
        Query.create(BigtableSchema.JOBS)
            .range(RowKeys.segmentPrefix(id, segment), RowKeys.segmentEnd(id, segment))
            .filter(JobRows.filter(parts));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(rows -> rows.stream().flatMap(row -> JobRows.toJob(row).stream()).toList()));
  }

  @Override
  public CompletableFuture<SegmentTally> tally(BatchId id, int segment) {
    Query query =
        Query.create(BigtableSchema.JOBS)
            .range(RowKeys.segmentPrefix(id, segment), RowKeys.segmentEnd(id, segment))
            .filter(JobRows.RUN_ONLY);
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                rows -> {
                  SegmentTally sum = SegmentTally.NONE;
                  for (Row row : rows) {
                    sum = JobRows.run(row).map(sum::plus).orElse(sum);
                  }
                  return sum;
                }));
  }

  @Override
  public CompletableFuture<List<Batch>> list(
      Owner owner, BatchProtocol protocol, Optional<BatchId> after, int limit) {
    if (after.isEmpty()) {
      return page(
          Query.create(BigtableSchema.BATCHES_BY_OWNER)
              .range(RowKeys.batchesPrefix(owner, protocol), RowKeys.batchesEnd(owner, protocol))
              .limit(limit));
    }
    return read(after.get())
        .thenCompose(
            found ->
                isListed(found, owner, protocol)
                    ? page(
                        Query.create(BigtableSchema.BATCHES_BY_OWNER)
                            .range(
                                RowKeys.batchByOwner(found.orElseThrow().spec()) + "$",
                                RowKeys.batchesEnd(owner, protocol))
                            .limit(limit))
                    : CompletableFuture.completedFuture(List.of()));
  }

  @Override
  public CompletableFuture<List<Batch>> listBefore(
      Owner owner, BatchProtocol protocol, BatchId before, int limit) {
    return read(before)
        .thenCompose(
            found ->
                isListed(found, owner, protocol)
                    ? page(Query.create(BigtableSchema.BATCHES_BY_OWNER)
                            .range(
                                RowKeys.batchesPrefix(owner, protocol),
                                RowKeys.batchByOwner(found.orElseThrow().spec())))
                        .thenApply(
                            newer -> newer.subList(Math.max(0, newer.size() - limit), newer.size()))
                    : CompletableFuture.completedFuture(List.of()));
  }

  private static boolean isListed(Optional<Batch> found, Owner owner, BatchProtocol protocol) {
    return found
        .map(Batch::spec)
        .filter(spec -> spec.owner().equals(owner) && spec.protocol() == protocol)
        .isPresent();
  }

  private CompletableFuture<List<Batch>> page(Query index) {
    return BigtableCalls.translated(
        calls
            .read(index)
            .thenCompose(
                rows -> {
                  List<String> keys =
                      rows.stream().map(row -> row.getKey().toStringUtf8()).toList();
                  List<BatchId> ids =
                      keys.stream().map(key -> new BatchId(RowKeys.hexOf(key))).distinct().toList();
                  return readAll(ids).thenApply(found -> listed(keys, found));
                }));
  }

  /** A creation that died half way left a row that no batch, or none of that time, stands for. */
  private static List<Batch> listed(List<String> keys, Map<BatchId, Batch> found) {
    List<Batch> listed = new ArrayList<>();
    for (String key : keys) {
      Optional.<Batch>ofNullable(found.get(new BatchId(RowKeys.hexOf(key))))
          .filter(batch -> key.equals(RowKeys.batchByOwner(batch.spec())))
          .ifPresent(listed::add);
    }
    return listed;
  }

  @Override
  public CompletableFuture<Void> delete(Batch batch) {
    BatchSpec spec = batch.spec();
    Cut ended = batch.cut().orElseGet(() -> new Cut(Cut.Kind.CANCELLED, clock.instant()));
    // What is left forbids workers that have not heard of it to begin anything, and is collected.
    var batchRow =
        RowMutation.create(BigtableSchema.BATCHES, RowKeys.batch(spec.id()))
            .deleteRow()
            .setCell(
                BigtableSchema.STATE,
                BigtableSchema.CUT,
                nowMicros(),
                bytes(BatchJson.encode(ended)));
    var listed =
        RowMutation.create(BigtableSchema.BATCHES_BY_OWNER, RowKeys.batchByOwner(spec)).deleteRow();
    // The batch last: a deletion that died half way can be asked for again.
    return BigtableCalls.translated(
        deleteLines(batch, 0)
            .thenCompose(done -> calls.mutate(batchRow))
            .thenCompose(done -> calls.mutate(listed)));
  }

  private CompletableFuture<Void> deleteLines(Batch batch, int from) {
    int lines = batch.run().lines();
    if (from >= lines) {
      return CompletableFuture.completedFuture(null);
    }
    int to = Math.min(lines, from + ROWS_PER_BULK * BULKS_AT_ONCE);
    List<CompletableFuture<Void>> deletions = new ArrayList<>();
    for (int begin = from; begin < to; begin += ROWS_PER_BULK) {
      deletions.add(deleteLines(batch.spec().id(), begin, Math.min(to, begin + ROWS_PER_BULK)));
    }
    return CompletableFuture.allOf(deletions.toArray(CompletableFuture[]::new))
        .thenCompose(done -> deleteLines(batch, to));
  }

  private CompletableFuture<Void> deleteLines(BatchId id, int from, int to) {
    BulkMutation rows = BulkMutation.create(BigtableSchema.JOBS);
    BulkMutation plans = BulkMutation.create(BigtableSchema.BATCH_PLANS);
    for (int number = from; number < to; number++) {
      BatchLine line = new BatchLine(id, number);
      rows.add(RowMutationEntry.create(RowKeys.job(line.jobId())).deleteRow());
      if (number % BatchLine.PER_SEGMENT == 0 || number == from) {
        plans.add(RowMutationEntry.create(RowKeys.plan(id, line.segment())).deleteRow());
      }
    }
    return calls.mutateAll(plans).thenCompose(done -> calls.mutateAll(rows));
  }

  private static ByteString bytes(byte[] value) {
    return UnsafeByteOperations.unsafeWrap(value);
  }

  private long nowMicros() {
    return Math.multiplyExact(clock.millis(), 1_000L);
  }
}
