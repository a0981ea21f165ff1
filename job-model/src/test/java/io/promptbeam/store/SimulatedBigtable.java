package io.promptbeam.store;

import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiException;
import com.google.bigtable.v2.CheckAndMutateRowRequest;
import com.google.bigtable.v2.Mutation;
import com.google.bigtable.v2.ReadRowsRequest;
import com.google.bigtable.v2.RowRange;
import com.google.cloud.bigtable.data.v2.internal.RequestContext;
import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.notice.Notice;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Bigtable's tables in memory, down to rows, cells and their timestamps, for the real {@link
 * BigtableJobStore} to work on. When a request takes effect, if it does, is up to its {@link Link}.
 * Not thread-safe.
 */
public final class SimulatedBigtable {
  /** How the requests of one process travel. */
  public interface Link {
    /**
     * Lets {@code effect} take place at some time, at most once, and answers at another, or fails.
     */
    <T> CompletableFuture<T> send(boolean writes, Supplier<T> effect);

    Executor after(long millis);
  }

  /** Sees every change at the moment it takes effect. */
  public interface Observer {
    /**
     * A job's row was written.
     *
     * @param before what a reader saw before it, with its result
     * @param after what a reader sees from now on
     */
    void jobWritten(Optional<Job> before, Job after);

    void dueAdded(DueEntry entry);

    void dueRemoved(DueEntry entry);
  }

  private static final RequestContext CONTEXT = RequestContext.create("p", "i", "");

  private final Observer observer;
  private final Map<String, NavigableMap<String, SimulatedRow>> tables = new HashMap<>();
  private final Map<JobId, Job> visible = new HashMap<>();

  public SimulatedBigtable(Observer observer) {
    this.observer = observer;
  }

  /**
   * The store of one process.
   *
   * @param versionPrefix unlike that of any other process there ever is
   * @param oldCellsCount a planted bug: conditions look at old cells too, and writes leave them
   */
  public JobStore open(Link link, Clock clock, String versionPrefix, boolean oldCellsCount) {
    return new BigtableJobStore(
        new Calls(link, oldCellsCount), clock, link::after, versionPrefix, 2_000);
  }

  /** As the real one fails when it cannot be reached: whether a write was done stays open. */
  public static RuntimeException unavailable() {
    return new ApiException("simulated", null, GrpcStatusCode.of(Status.Code.UNAVAILABLE), true);
  }

  /** What a reader would see at this moment. */
  public Optional<Job> job(JobId id) {
    return Optional.ofNullable(visible.get(id));
  }

  /** Whether somebody will be told, or was. */
  public boolean hasNotice(Notice notice) {
    return table("/" + BigtableSchema.NOTICES.getTableId())
        .containsKey(RowKeys.notice(notice.id()));
  }

  private NavigableMap<String, SimulatedRow> table(String resource) {
    String name = resource.substring(resource.lastIndexOf('/') + 1);
    return tables.computeIfAbsent(name, n -> new TreeMap<>());
  }

  private static boolean is(com.google.cloud.bigtable.data.v2.models.TableId table, String name) {
    return name.endsWith("/" + table.getTableId());
  }

  private final class Calls implements BigtableCalls {
    private final Link link;
    private final boolean oldCellsCount;

    Calls(Link link, boolean oldCellsCount) {
      this.link = link;
      this.oldCellsCount = oldCellsCount;
    }

    @Override
    public CompletableFuture<Boolean> checkAndMutate(ConditionalRowMutation mutation) {
      CheckAndMutateRowRequest sent = mutation.toProto(CONTEXT);
      var request = oldCellsCount ? OldCells.count(sent) : sent;
      return link.send(
          true,
          () -> {
            String key = request.getRowKey().toStringUtf8();
            SimulatedRow row = table(request.getTableName()).get(key);
            boolean holds =
                row != null
                    && !CellFilter.apply(request.getPredicateFilter(), row.cells()).isEmpty();
            mutate(
                request.getTableName(),
                key,
                holds ? request.getTrueMutationsList() : request.getFalseMutationsList());
            return holds;
          });
    }

    @Override
    public CompletableFuture<Row> readModifyWrite(ReadModifyWriteRow change) {
      throw new UnsupportedOperationException("jobs need no counters");
    }

    @Override
    public CompletableFuture<Void> mutate(RowMutation mutation) {
      var request = mutation.toProto(CONTEXT);
      return change(
          request.getTableName(), request.getRowKey().toStringUtf8(), request.getMutationsList());
    }

    @Override
    public CompletableFuture<Void> mutateAll(BulkMutation mutations) {
      if (mutations.getEntryCount() == 0) {
        return CompletableFuture.completedFuture(null);
      }
      var request = mutations.toProto(CONTEXT);
      return CompletableFuture.allOf(
          request.getEntriesList().stream()
              .map(
                  entry ->
                      change(
                          request.getTableName(),
                          entry.getRowKey().toStringUtf8(),
                          entry.getMutationsList()))
              .toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> change(String table, String key, List<Mutation> mutations) {
      return link.<Optional<Void>>send(
              true,
              () -> {
                SimulatedBigtable.this.mutate(table, key, mutations);
                return Optional.empty();
              })
          .thenAccept(done -> {});
    }

    @Override
    public CompletableFuture<List<Row>> read(Query query) {
      ReadRowsRequest request = query.toProto(CONTEXT);
      return link.send(false, () -> SimulatedBigtable.this.read(request));
    }

    private void mutate(String table, String key, List<Mutation> mutations) {
      SimulatedBigtable.this.mutate(table, key, mutations);
    }

    @Override
    public void close() {}
  }

  private void mutate(String table, String key, List<Mutation> mutations) {
    if (mutations.isEmpty()) {
      return;
    }
    NavigableMap<String, SimulatedRow> rows = table(table);
    boolean existed = rows.containsKey(key);
    SimulatedRow row = rows.computeIfAbsent(key, k -> new SimulatedRow());
    mutations.forEach(row::apply);
    boolean exists = !row.isEmpty();
    if (!exists) {
      rows.remove(key);
    }
    if (is(BigtableSchema.JOBS, table)) {
      jobChanged(key, row);
    } else if (is(BigtableSchema.JOBS_DUE, table) && existed != exists) {
      DueEntry entry = RowKeys.parseDue(key).orElseThrow();
      if (exists) {
        observer.dueAdded(entry);
      } else {
        observer.dueRemoved(entry);
      }
    }
  }

  private void jobChanged(String key, SimulatedRow row) {
    if (row.isEmpty()) {
      RowKeys.parseJob(key).ifPresent(visible::remove);
      return;
    }
    JobRows.toJob(Row.create(ByteString.copyFromUtf8(key), row.newest()))
        .ifPresent(
            job -> {
              Optional<Job> before = Optional.ofNullable(visible.put(job.spec().id(), job));
              observer.jobWritten(before, job);
            });
  }

  private List<Row> read(ReadRowsRequest request) {
    NavigableMap<String, SimulatedRow> rows = table(request.getTableName());
    List<Row> found = new ArrayList<>();
    for (ByteString key : request.getRows().getRowKeysList()) {
      SimulatedRow row = rows.get(key.toStringUtf8());
      if (row != null) {
        add(found, key.toStringUtf8(), row, request);
      }
    }
    for (RowRange range : request.getRows().getRowRangesList()) {
      for (var entry : within(rows, range).entrySet()) {
        if (request.getRowsLimit() > 0 && found.size() == request.getRowsLimit()) {
          break;
        }
        add(found, entry.getKey(), entry.getValue(), request);
      }
    }
    return found;
  }

  private static void add(List<Row> found, String key, SimulatedRow row, ReadRowsRequest request) {
    var cells = row.cells();
    var kept = request.hasFilter() ? CellFilter.apply(request.getFilter(), cells) : cells;
    if (!kept.isEmpty()) {
      found.add(Row.create(ByteString.copyFromUtf8(key), kept));
    }
  }

  private static NavigableMap<String, SimulatedRow> within(
      NavigableMap<String, SimulatedRow> rows, RowRange range) {
    NavigableMap<String, SimulatedRow> rest = rows;
    switch (range.getStartKeyCase()) {
      case START_KEY_CLOSED -> rest = rest.tailMap(range.getStartKeyClosed().toStringUtf8(), true);
      case START_KEY_OPEN -> rest = rest.tailMap(range.getStartKeyOpen().toStringUtf8(), false);
      case STARTKEY_NOT_SET -> {}
    }
    switch (range.getEndKeyCase()) {
      case END_KEY_CLOSED -> rest = rest.headMap(range.getEndKeyClosed().toStringUtf8(), true);
      case END_KEY_OPEN -> rest = rest.headMap(range.getEndKeyOpen().toStringUtf8(), false);
      case ENDKEY_NOT_SET -> {}
    }
    return rest;
  }
}
