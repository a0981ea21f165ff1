package io.promptbeam.store;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.InMemoryUsage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * A store for tests: thread-safe, keeps the bytes the real one keeps, and completes every future
 * before it returns.
 */
public final class InMemoryJobStore implements JobStore {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Row(
      byte[] spec, byte[] run, String version, Optional<byte[]> request, Optional<byte[]> result) {
    Job toJob(Set<Part> parts) {
      return new Job(
          JobJson.decodeSpec(spec),
          JobJson.decodeRun(run),
          version,
          request.filter(r -> parts.contains(Part.REQUEST)).map(JobJson::decodeRequest),
          result.filter(r -> parts.contains(Part.RESULT)).map(byte[]::clone));
    }
  }

  private final InMemoryUsage usage = new InMemoryUsage();
  private final int scanBudget;
  private final Map<JobId, Row> rows = new HashMap<>();
  private final Map<Owner, TreeSet<ListPosition>> byOwner = new HashMap<>();
  private final TreeSet<DueEntry> due = new TreeSet<>();
  private final OwnerCounters counters = new InMemoryOwnerCounters();
  private final LaneBoard board = new InMemoryLaneBoard();
  private final InMemoryApiKeyStore apiKeys = new InMemoryApiKeyStore();
  private final AnswerIndex answers = new Answers();
  private long lastVersion;

  public InMemoryJobStore() {
    this(2_000);
  }

  InMemoryJobStore(int scanBudget) {
    this.scanBudget = scanBudget;
  }

  /** The whole due index. */
  public synchronized List<DueEntry> due() {
    return List.copyOf(due);
  }

  @Override
  public InMemoryUsage usage() {
    return usage;
  }

  @Override
  public OwnerCounters ownerCounters() {
    return counters;
  }

  @Override
  public ApiKeyStore apiKeys() {
    return apiKeys;
  }

  @Override
  public LaneBoard lanes() {
    return board;
  }

  @Override
  public synchronized CompletableFuture<Creation> create(JobSpec spec, LlmRequest request) {
    byte[] body = StoreLimits.encodeRequest(request);
    Row existing = rows.get(spec.id());
    if (existing != null) {
      Job job = existing.toJob(Set.of());
      if (job.run().equals(JobRun.NEW)) {
        due.add(DueEntry.first(job.spec()));
      }
      return done(new Creation(false, job));
    }
    due.add(DueEntry.first(spec));
    byOwner.computeIfAbsent(spec.owner(), o -> new TreeSet<>()).add(ListPosition.of(spec));
    Row row =
        new Row(
            JobJson.encode(spec),
            JobJson.encode(JobRun.NEW),
            nextVersion(),
            Optional.of(body),
            Optional.empty());
    rows.put(spec.id(), row);
    return done(new Creation(true, row.toJob(Set.of())));
  }

  @Override
  public CompletableFuture<List<Creation>> createAll(Map<JobSpec, LlmRequest> jobs) {
    jobs.values().forEach(StoreLimits::encodeRequest);
    List<Creation> creations = new ArrayList<>();
    jobs.forEach((spec, request) -> creations.add(create(spec, request).join()));
    return done(creations);
  }

  @Override
  public synchronized CompletableFuture<List<DueEntry>> due(
      int bucket, Instant until, Optional<DueEntry> after, int limit) {
    List<DueEntry> found = new ArrayList<>();
    for (DueEntry entry : after.isPresent() ? due.tailSet(after.get(), false) : due) {
      if (entry.at().isAfter(until) || found.size() == limit) {
        break;
      }
      if (entry.bucket() == bucket) {
        found.add(entry);
      }
    }
    return done(found);
  }

  @Override
  public synchronized CompletableFuture<Set<JobId>> absent(Collection<JobId> ids) {
    Set<JobId> absent = new HashSet<>(ids);
    absent.removeAll(rows.keySet());
    return done(absent);
  }

  @Override
  public synchronized CompletableFuture<Void> moveDue(Map<DueEntry, Instant> moves) {
    moves.forEach(
        (entry, at) -> {
          due.remove(entry);
          due.add(new DueEntry(entry.jobId(), at));
        });
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletableFuture<Void> removeDue(Collection<DueEntry> entries) {
    entries.forEach(due::remove);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletableFuture<Map<JobId, Job>> read(
      Collection<JobId> ids, Set<Part> parts) {
    Map<JobId, Job> found = new LinkedHashMap<>();
    for (JobId id : ids) {
      Row row = rows.get(id);
      if (row != null) {
        found.put(id, row.toJob(parts));
      }
    }
    return done(found);
  }

  @Override
  public CompletableFuture<Optional<Job>> read(JobId id, Set<Part> parts) {
    return read(List.of(id), parts).thenApply(found -> Optional.ofNullable(found.get(id)));
  }

  @Override
  public synchronized CompletableFuture<Optional<String>> compareAndSet(
      Job current, JobRun next, Optional<byte[]> result) {
    result.ifPresent(StoreLimits::checkResult);
    Row row = rows.get(current.spec().id());
    if (row == null || !row.version().equals(current.version())) {
      return done(Optional.empty());
    }
    Row written =
        new Row(
            row.spec(),
            JobJson.encode(next),
            nextVersion(),
            row.request().filter(r -> !next.erased()),
            result.map(byte[]::clone).or(row::result).filter(r -> !next.erased()));
    rows.put(current.spec().id(), written);
    return done(Optional.of(written.version()));
  }

  @Override
  public synchronized CompletableFuture<JobPage> list(
      Owner owner, JobFilter filter, int pageSize, Optional<String> after) {
    StoreLimits.checkPageSize(pageSize);
    TreeSet<ListPosition> positions = byOwner.getOrDefault(owner, new TreeSet<>());
    var rest =
        after.isEmpty()
            ? positions
            : positions.tailSet(ListPosition.fromToken(after.get(), owner, filter), false);
    List<Job> jobs = new ArrayList<>();
    int scanned = 0;
    for (ListPosition position : rest) {
      Row row = rows.get(position.id());
      if (row != null && filter.matches(row.toJob(Set.of()))) {
        jobs.add(row.toJob(Set.of()));
      }
      scanned++;
      if ((jobs.size() == pageSize || scanned == scanBudget) && !position.equals(rest.last())) {
        return done(new JobPage(jobs, Optional.of(position.toToken(owner, filter))));
      }
    }
    return done(new JobPage(jobs, Optional.empty()));
  }

  @Override
  public AnswerIndex answers() {
    return answers;
  }

  private final class Answers implements AnswerIndex {
    private final Map<AnswerKey, Lead> leads = new HashMap<>();

    @Override
    public CompletableFuture<Optional<Lead>> find(AnswerKey key) {
      synchronized (InMemoryJobStore.this) {
        return done(Optional.ofNullable(leads.get(key)));
      }
    }

    @Override
    public CompletableFuture<Boolean> lead(
        AnswerKey key, JobId job, Instant since, Optional<Lead> instead) {
      synchronized (InMemoryJobStore.this) {
        boolean won = Optional.ofNullable(leads.get(key)).equals(instead);
        if (won) {
          leads.put(key, new Lead(job, since, nextVersion()));
        }
        return done(won);
      }
    }
  }

  @Override
  public CompletableFuture<Void> ping() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {}

  private String nextVersion() {
    return "v" + ++lastVersion;
  }

  private static <T> CompletableFuture<T> done(T value) {
    return CompletableFuture.completedFuture(value);
  }
}
