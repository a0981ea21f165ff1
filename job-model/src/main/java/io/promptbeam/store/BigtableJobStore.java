package io.promptbeam.store;

import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.store.quota.QuotaRow;
import io.promptbeam.store.quota.QuotaRows;
import io.promptbeam.store.usage.UsageStore;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Jobs in Bigtable, in the tables of {@link BigtableSchema}, which must exist. One per process and
 * instance is enough. Its futures complete on threads of Bigtable's client.
 */
public final class BigtableJobStore implements JobStore, QuotaRows {
  private static final int ROWS_PER_BULK = 500;

  /** A request's keys may come to 500 KB. */
  private static final int MAX_KEYS_PER_READ = 5_000;

  private static final int PING_TIMEOUT_SECONDS = 3;

  /**
   * How to use Bigtable's client.
   *
   * @param clientMetrics whether the client reports its own metrics to Cloud Monitoring
   * @param emulatorChannels connections to an emulator; on Google Cloud the client decides
   * @param listScanBudget rows of the owner's list that one page may look at
   */
  public record Options(boolean clientMetrics, int emulatorChannels, int listScanBudget) {
    public static final Options DEFAULT = new Options(false, 2, 2_000);
  }

  private final BigtableCalls calls;
  private final JobRows rows;
  private final BigtableDueIndex dueIndex;
  private final BigtableAnswerIndex answers;
  private final BigtableBatchStore batches;
  private final BigtableUsage usage;
  private final Clock clock;
  private final int listScanBudget;

  private final ConditionalWrite.Pauses pauses;

  // Unique without asking a random source at each write: one draw per store, then counted on.
  private final String versionPrefix;
  private final AtomicLong lastVersion = new AtomicLong();

  /**
   * A store over {@code calls}, which it closes.
   *
   * @param versionPrefix unlike that of any other store there ever is
   */
  BigtableJobStore(
      BigtableCalls calls,
      Clock clock,
      ConditionalWrite.Pauses pauses,
      String versionPrefix,
      int listScanBudget) {
    this.calls = calls;
    this.pauses = pauses;
    this.versionPrefix = versionPrefix;
    this.rows = new JobRows(clock);
    this.dueIndex = new BigtableDueIndex(calls, clock);
    this.answers = new BigtableAnswerIndex(calls, clock, pauses, this::newVersion);
    this.batches = new BigtableBatchStore(calls, clock, rows, dueIndex, pauses, this::newVersion);
    this.usage = new BigtableUsage(calls);
    this.clock = clock;
    this.listScanBudget = listScanBudget;
  }

  /** Opens the store of {@code target} with the usual options. Does not connect yet. */
  public static BigtableJobStore open(BigtableTarget target) {
    return open(target, Options.DEFAULT);
  }

  public static BigtableJobStore open(BigtableTarget target, Options options) {
    return open(target, options, Clock.systemUTC());
  }

  static BigtableJobStore open(BigtableTarget target, Options options, Clock cellClock) {
    try {
      return new BigtableJobStore(
          new ClientCalls(BigtableClients.data(target, options)),
          cellClock,
          ConditionalWrite.Pauses.REAL,
          String.format(Locale.ROOT, "%016x-", new SecureRandom().nextLong()),
          options.listScanBudget());
    } catch (IOException e) {
      throw new StoreUnavailableException("Cannot open a Bigtable client for " + target, e);
    }
  }

  /** Over the same connections; unusable once the store is closed. */
  @Override
  public QuotaRow row(String quotaId) {
    return new BigtableQuotaRow(calls, quotaId);
  }

  /** Usage in the same instance, over the same connections; unusable once the store is closed. */
  @Override
  public UsageStore usage() {
    return usage;
  }

  @Override
  public OwnerCounters ownerCounters() {
    return new BigtableOwnerCounters(calls);
  }

  @Override
  public LaneBoard lanes() {
    return new BigtableLaneBoard(calls, clock);
  }

  @Override
  public CompletableFuture<Creation> create(JobSpec spec, LlmRequest request) {
    return createAll(Map.of(spec, request)).thenApply(creations -> creations.get(0));
  }

  @Override
  public CompletableFuture<List<Creation>> createAll(Map<JobSpec, LlmRequest> jobs) {
    Map<JobSpec, byte[]> encoded = new LinkedHashMap<>();
    jobs.forEach((spec, request) -> encoded.put(spec, StoreLimits.encodeRequest(request)));
    List<JobSpec> specs = List.copyOf(encoded.keySet());
    CompletableFuture<List<Creation>> done = CompletableFuture.completedFuture(new ArrayList<>());
    for (int from = 0; from < specs.size(); from += ROWS_PER_BULK) {
      List<JobSpec> part = specs.subList(from, Math.min(specs.size(), from + ROWS_PER_BULK));
      done =
          done.thenCompose(
              before ->
                  createPart(part, encoded)
                      .thenApply(
                          creations -> {
                            before.addAll(creations);
                            return before;
                          }));
    }
    return BigtableCalls.translated(done);
  }

  private CompletableFuture<List<Creation>> createPart(
      List<JobSpec> specs, Map<JobSpec, byte[]> requests) {
    Instant begun = clock.instant();
    BulkMutation byOwner = BulkMutation.create(BigtableSchema.JOBS_BY_OWNER);
    specs.forEach(spec -> byOwner.add(rows.ownerEntry(spec)));
    return dueIndex
        .addFirst(specs)
        .thenCombine(calls.mutateAll(byOwner), (a, b) -> specs)
        .thenCompose(
            written -> {
              List<CompletableFuture<Creation>> creations = new ArrayList<>();
              for (JobSpec spec : specs) {
                byte[] request = Objects.requireNonNull(requests.get(spec));
                creations.add(createRow(spec, request));
              }
              return allOf(creations);
            })
        .thenCompose(creations -> stillDue(creations, begun));
  }

  /**
   * An entry without a job is removed after {@link DueEntry#ORPHANED_AFTER}: a creation that took
   * so long that its entry may be gone by now makes it again before anybody is told of the job.
   */
  private CompletableFuture<List<Creation>> stillDue(List<Creation> creations, Instant begun) {
    Duration took = Duration.between(begun, clock.instant());
    if (took.abs().compareTo(DueEntry.ORPHANED_AFTER.dividedBy(4)) < 0) {
      return CompletableFuture.completedFuture(creations);
    }
    List<JobSpec> created =
        creations.stream().filter(Creation::created).map(c -> c.job().spec()).toList();
    return dueIndex.addFirst(created).thenApply(added -> creations);
  }

  private CompletableFuture<Creation> createRow(JobSpec spec, byte[] request) {
    String version = newVersion();
    var mutation = rows.creation(spec, request, version);
    ConditionalWrite write =
        new ConditionalWrite(
            () -> calls.checkAndMutate(mutation).thenApply(existed -> !existed),
            () -> readVersion(spec.id()),
            Optional.empty(),
            version,
            pauses);
    return write
        .run()
        .thenCompose(
            created -> {
              if (created) {
                Job job = new Job(spec, JobRun.NEW, version, Optional.empty(), Optional.empty());
                return CompletableFuture.completedFuture(new Creation(true, job));
              }
              return existing(spec);
            });
  }

  private CompletableFuture<Creation> existing(JobSpec spec) {
    return readAll(List.of(spec.id()), Set.of())
        .thenCompose(
            found -> {
              Job job = found.get(spec.id());
              if (job == null) {
                return CompletableFuture.failedFuture(
                    new IllegalStateException("the row of job " + spec.id() + " is unreadable"));
              }
              return withoutStrayRows(spec, job).thenApply(removed -> new Creation(false, job));
            });
  }

  /**
   * A second creation under the same id at another time left index rows that are not the job's.
   * Lists and sweeps see through them, so failing to remove them is no failure. But a job nobody
   * has touched may be one whose creation died on the way, and must be due before anybody is told
   * of it.
   */
  private CompletableFuture<Void> withoutStrayRows(JobSpec refused, Job job) {
    CompletableFuture<Void> due =
        job.run().equals(JobRun.NEW)
            ? dueIndex.addFirst(List.of(job.spec()))
            : CompletableFuture.completedFuture(null);
    DueEntry stray = DueEntry.first(refused);
    CompletableFuture<Void> dueRemoved =
        due.thenCompose(
            added ->
                stray.equals(DueEntry.first(job.spec()))
                    ? CompletableFuture.completedFuture(null)
                    : dueIndex.remove(List.of(stray)));
    boolean sameListRow =
        refused.owner().equals(job.spec().owner())
            && ListPosition.of(refused).equals(ListPosition.of(job.spec()));
    return dueRemoved
        .thenCompose(
            removed ->
                sameListRow
                    ? CompletableFuture.<Void>completedFuture(null)
                    : calls.mutate(JobRows.ownerRemoval(refused)))
        .exceptionallyCompose(error -> due);
  }

  @Override
  public CompletableFuture<List<DueEntry>> due(
      int bucket, Instant until, Optional<DueEntry> after, int limit) {
    return BigtableCalls.translated(dueIndex.read(bucket, until, after, limit));
  }

  @Override
  public CompletableFuture<Set<JobId>> absent(Collection<JobId> ids) {
    if (ids.isEmpty()) {
      return CompletableFuture.completedFuture(Set.of());
    }
    Query query = Query.create(BigtableSchema.JOBS).filter(JobRows.VERSION_ONLY);
    ids.forEach(id -> query.rowKey(RowKeys.job(id)));
    return BigtableCalls.translated(
        calls
            .read(query)
            .thenApply(
                present -> {
                  Set<JobId> absent = new HashSet<>(ids);
                  present.forEach(
                      row ->
                          RowKeys.parseJob(row.getKey().toStringUtf8()).ifPresent(absent::remove));
                  return absent;
                }));
  }

  @Override
  public CompletableFuture<Void> moveDue(Map<DueEntry, Instant> moves) {
    return BigtableCalls.translated(dueIndex.move(moves));
  }

  @Override
  public CompletableFuture<Void> removeDue(Collection<DueEntry> entries) {
    return BigtableCalls.translated(dueIndex.remove(entries));
  }

  @Override
  public CompletableFuture<Map<JobId, Job>> read(Collection<JobId> ids, Set<Part> parts) {
    return BigtableCalls.translated(readAll(ids, parts));
  }

  @Override
  public CompletableFuture<Optional<Job>> read(JobId id, Set<Part> parts) {
    return read(List.of(id), parts).thenApply(found -> Optional.ofNullable(found.get(id)));
  }

  private CompletableFuture<Map<JobId, Job>> readAll(Collection<JobId> ids, Set<Part> parts) {
    List<JobId> all = List.copyOf(ids);
    List<CompletableFuture<List<Row>>> reads = new ArrayList<>();
    for (int from = 0; from < all.size(); from += MAX_KEYS_PER_READ) {
      Query query = Query.create(BigtableSchema.JOBS).filter(JobRows.filter(parts));
      all.subList(from, Math.min(all.size(), from + MAX_KEYS_PER_READ))
          .forEach(id -> query.rowKey(RowKeys.job(id)));
      reads.add(calls.read(query));
    }
    return allOf(reads)
        .thenApply(
            chunks -> {
              Map<JobId, Job> jobs = new HashMap<>();
              for (List<Row> rowsRead : chunks) {
                for (Row row : rowsRead) {
                  JobRows.toJob(row).ifPresent(job -> jobs.put(job.spec().id(), job));
                }
              }
              return jobs;
            });
  }

  @Override
  public CompletableFuture<Optional<String>> compareAndSet(
      Job current, JobRun next, Optional<byte[]> result) {
    result.ifPresent(StoreLimits::checkResult);
    String version = newVersion();
    var mutation = rows.replacement(current, next, result, version);
    ConditionalWrite write =
        new ConditionalWrite(
            () -> calls.checkAndMutate(mutation),
            () -> readVersion(current.spec().id()),
            Optional.of(current.version()),
            version,
            pauses);
    return BigtableCalls.translated(
        write.run().thenApply(done -> done ? Optional.of(version) : Optional.empty()));
  }

  @Override
  public CompletableFuture<JobPage> list(
      Owner owner, JobFilter filter, int pageSize, Optional<String> after) {
    StoreLimits.checkPageSize(pageSize);
    Optional<BatchId> batch = BatchLineList.batchOf(filter);
    if (batch.isEmpty() || after.filter(token -> !BatchLineList.isToken(token)).isPresent()) {
      return listed(owner, filter, pageSize, after);
    }
    // Lines first; jobs that repeat some of them are in the owner's list, with the batch's id.
    return new BatchLineList(batches, owner, filter, pageSize, listScanBudget, after)
        .page(batch.get())
        .thenCompose(
            lines ->
                lines.next().isPresent()
                    ? CompletableFuture.completedFuture(new JobPage(lines.jobs(), lines.next()))
                    : afterLines(owner, filter, pageSize, lines.jobs()));
  }

  private CompletableFuture<JobPage> afterLines(
      Owner owner, JobFilter filter, int pageSize, List<Job> lines) {
    // A page that is full already still tells whether there is anything after it.
    int room = Math.max(1, pageSize - lines.size());
    return listed(owner, filter, room, Optional.empty())
        .thenApply(
            rest -> {
              if (lines.size() == pageSize) {
                return new JobPage(
                    lines,
                    rest.jobs().isEmpty() && rest.next().isEmpty()
                        ? Optional.empty()
                        : Optional.of(ListPosition.beginning(owner, filter)));
              }
              List<Job> jobs = new ArrayList<>(lines);
              jobs.addAll(rest.jobs());
              return new JobPage(jobs, rest.next());
            });
  }

  private CompletableFuture<JobPage> listed(
      Owner owner, JobFilter filter, int pageSize, Optional<String> after) {
    var start = after.map(token -> ListPosition.fromToken(token, owner, filter));
    var search =
        new BigtableJobList(
            calls, ids -> readAll(ids, Set.of()), owner, filter, pageSize, listScanBudget);
    return BigtableCalls.translated(search.page(start));
  }

  @Override
  public BatchStore batches() {
    return batches;
  }

  @Override
  public FileStore files() {
    return new BigtableFileStore(calls, clock);
  }

  @Override
  public NoticeStore notices() {
    return new BigtableNoticeStore(calls, clock, pauses, this::newVersion);
  }

  @Override
  public ApiKeyStore apiKeys() {
    return new BigtableApiKeyStore(calls, clock, pauses, this::newVersion);
  }

  @Override
  public AnswerIndex answers() {
    return answers;
  }

  @Override
  public CompletableFuture<Void> ping() {
    return BigtableCalls.translated(
        readVersion(new JobId(new UUID(0, 0)))
            .orTimeout(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .thenAccept(version -> {}));
  }

  private CompletableFuture<Optional<String>> readVersion(JobId id) {
    Query query =
        Query.create(BigtableSchema.JOBS).rowKey(RowKeys.job(id)).filter(JobRows.VERSION_ONLY);
    return calls.read(query).thenApply(JobRows::version);
  }

  @Override
  public void close() {
    calls.close();
  }

  private String newVersion() {
    return versionPrefix + Long.toHexString(lastVersion.incrementAndGet());
  }

  private static <T> CompletableFuture<List<T>> allOf(List<CompletableFuture<T>> futures) {
    return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
  }
}
