package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One search for a page of an owner's jobs: merges the owner's buckets newest first, drops what
 * cannot match by its index row, reads the others' state in bulk, and stops when the page is full
 * or the scan budget is used up. One use, its steps follow each other.
 */
final class BigtableJobList {
  private static final int MAX_CHUNK_ROWS = 250;
  private static final int MAX_CANDIDATES = 256;

  private record IndexRow(ListPosition position, Optional<OwnerIndexEntry> entry) {}

  private static final class Bucket {
    final int number;
    final Deque<IndexRow> ahead = new ArrayDeque<>();
    String nextKey;
    boolean exhausted;

    Bucket(int number, String nextKey) {
      this.number = number;
      this.nextKey = nextKey;
    }
  }

  private final BigtableCalls calls;
  private final Function<Collection<JobId>, CompletableFuture<Map<JobId, Job>>> readJobs;
  private final Owner owner;
  private final JobFilter filter;
  private final int pageSize;
  private final int scanBudget;
  private final List<Bucket> buckets = new ArrayList<>();
  private final List<Job> found = new ArrayList<>();
  private int chunkRows;
  private int scanned;
  private Optional<ListPosition> lastTaken = Optional.empty();

  BigtableJobList(
      BigtableCalls calls,
      Function<Collection<JobId>, CompletableFuture<Map<JobId, Job>>> readJobs,
      Owner owner,
      JobFilter filter,
      int pageSize,
      int scanBudget) {
    this.calls = calls;
    this.readJobs = readJobs;
    this.owner = owner;
    this.filter = filter;
    this.pageSize = pageSize;
    this.scanBudget = scanBudget;
    this.chunkRows = 4 + 2 * pageSize / RowKeys.BUCKETS;
  }

  CompletableFuture<JobPage> page(Optional<ListPosition> after) {
    for (int bucket = 0; bucket < RowKeys.BUCKETS; bucket++) {
      buckets.add(new Bucket(bucket, firstKey(bucket, after)));
    }
    return search();
  }

  private String firstKey(int bucket, Optional<ListPosition> after) {
    if (after.isPresent()) {
      return next(RowKeys.byOwnerAt(owner, bucket, after.get()));
    }
    return filter
        .createdBefore()
        .map(time -> RowKeys.byOwnerFrom(owner, bucket, ListPosition.millis(time)))
        .orElseGet(() -> RowKeys.byOwnerPrefix(owner, bucket));
  }

  private String endKey(int bucket) {
    return filter
        .createdAfter()
        .map(time -> RowKeys.byOwnerThrough(owner, bucket, ListPosition.millis(time)))
        .orElseGet(() -> RowKeys.byOwnerEnd(owner, bucket));
  }

  /** The first key that comes after {@code key}. */
  private static String next(String key) {
    return key + "\0";
  }

  private CompletableFuture<JobPage> search() {
    return readAhead().thenCompose(ready -> judge(takeCandidates()));
  }

  /** Fills every bucket that runs low, unless none is empty that could hold the next row. */
  private CompletableFuture<Void> readAhead() {
    if (buckets.stream().allMatch(bucket -> bucket.exhausted || !bucket.ahead.isEmpty())) {
      return CompletableFuture.completedFuture(null);
    }
    int rows = chunkRows;
    chunkRows = Math.min(MAX_CHUNK_ROWS, chunkRows * 2);
    List<CompletableFuture<Void>> reads = new ArrayList<>();
    for (Bucket bucket : buckets) {
      if (!bucket.exhausted && bucket.ahead.size() <= rows / 4) {
        reads.add(read(bucket, rows));
      }
    }
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<Void> read(Bucket bucket, int rows) {
    String end = endKey(bucket.number);
    if (bucket.nextKey.compareTo(end) >= 0) {
      bucket.exhausted = true;
      return CompletableFuture.completedFuture(null);
    }
    Query query = Query.create(BigtableSchema.JOBS_BY_OWNER).range(bucket.nextKey, end).limit(rows);
    return calls.read(query).thenAccept(chunk -> add(bucket, chunk, rows));
  }

  private static void add(Bucket bucket, List<Row> chunk, int asked) {
    for (Row row : chunk) {
      String key = row.getKey().toStringUtf8();
      bucket.nextKey = next(key);
      RowKeys.parseByOwner(key)
          .ifPresent(position -> bucket.ahead.add(new IndexRow(position, entry(row))));
    }
    bucket.exhausted = chunk.size() < asked;
  }

  private static Optional<OwnerIndexEntry> entry(Row row) {
    List<RowCell> cells = row.getCells();
    return cells.isEmpty()
        ? Optional.empty()
        : OwnerIndexEntry.decode(cells.get(0).getValue().toByteArray());
  }

  /** The next rows in the list's order that may match, as far as it is known. */
  private List<IndexRow> takeCandidates() {
    // Few at first, since most lists are not filtered by state; more when little of it matched.
    int wanted = Math.max(pageSize - found.size(), Math.min(MAX_CANDIDATES, scanned));
    List<IndexRow> candidates = new ArrayList<>();
    while (candidates.size() < wanted && scanned < scanBudget) {
      Optional<Bucket> next = bucketOfNextRow();
      if (next.isEmpty()) {
        break;
      }
      IndexRow row = next.get().ahead.remove();
      scanned++;
      lastTaken = Optional.of(row.position());
      if (row.entry().map(entry -> entry.mayMatch(filter)).orElse(true)) {
        candidates.add(row);
      }
    }
    return candidates;
  }

  /** Empty when that is not known without reading on, or there is none. */
  private Optional<Bucket> bucketOfNextRow() {
    Optional<Bucket> best = Optional.empty();
    ListPosition bestPosition = null;
    for (Bucket bucket : buckets) {
      IndexRow head = bucket.ahead.peek();
      if (head == null) {
        if (!bucket.exhausted) {
          return Optional.empty();
        }
      } else if (bestPosition == null || head.position().compareTo(bestPosition) < 0) {
        best = Optional.of(bucket);
        bestPosition = head.position();
      }
    }
    return best;
  }

  private CompletableFuture<JobPage> judge(List<IndexRow> candidates) {
    List<JobId> ids = candidates.stream().map(row -> row.position().id()).toList();
    return readJobs
        .apply(ids)
        .thenCompose(
            jobs -> {
              for (int i = 0; i < candidates.size(); i++) {
                ListPosition position = candidates.get(i).position();
                Job job = jobs.get(position.id());
                if (job != null && belongs(job, position) && filter.matches(job)) {
                  found.add(job);
                }
                if (found.size() == pageSize) {
                  return finish(Optional.of(position), i + 1 < candidates.size());
                }
              }
              boolean over = buckets.stream().allMatch(b -> b.exhausted && b.ahead.isEmpty());
              return over || scanned >= scanBudget ? finish(lastTaken, false) : search();
            });
  }

  /**
   * Whether the index row is the job's. One may be left of a creation that came second under the
   * same id at another time, or of a job that is collected.
   */
  private boolean belongs(Job job, ListPosition position) {
    return job.spec().owner().equals(owner) && ListPosition.of(job.spec()).equals(position);
  }

  private CompletableFuture<JobPage> finish(Optional<ListPosition> end, boolean moreTaken) {
    boolean moreKnown = moreTaken || buckets.stream().anyMatch(b -> !b.ahead.isEmpty());
    CompletableFuture<Void> looked =
        moreKnown ? CompletableFuture.completedFuture(null) : readAhead();
    return looked.thenApply(
        done -> {
          boolean more = moreKnown || buckets.stream().anyMatch(b -> !b.ahead.isEmpty());
          return new JobPage(
              found,
              more ? end.map(position -> position.toToken(owner, filter)) : Optional.empty());
        });
  }
}
