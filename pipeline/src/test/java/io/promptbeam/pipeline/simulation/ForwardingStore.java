package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.JobPage;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.NoticeStore;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A store that does what the real one does, for bugs to be planted in. */
public class ForwardingStore implements JobStore {
  private final JobStore real;

  public ForwardingStore(JobStore real) {
    this.real = real;
  }

  @Override
  public CompletableFuture<Creation> create(JobSpec spec, LlmRequest request) {
    return real.create(spec, request);
  }

  @Override
  public CompletableFuture<List<Creation>> createAll(Map<JobSpec, LlmRequest> jobs) {
    return real.createAll(jobs);
  }

  @Override
  public CompletableFuture<List<DueEntry>> due(
      int bucket, Instant until, Optional<DueEntry> after, int limit) {
    return real.due(bucket, until, after, limit);
  }

  @Override
  public CompletableFuture<Set<JobId>> absent(Collection<JobId> ids) {
    return real.absent(ids);
  }

  @Override
  public CompletableFuture<Void> moveDue(Map<DueEntry, Instant> moves) {
    return real.moveDue(moves);
  }

  @Override
  public CompletableFuture<Void> removeDue(Collection<DueEntry> entries) {
    return real.removeDue(entries);
  }

  @Override
  public CompletableFuture<Map<JobId, Job>> read(Collection<JobId> ids, Set<Part> parts) {
    return real.read(ids, parts);
  }

  @Override
  public CompletableFuture<Optional<Job>> read(JobId id, Set<Part> parts) {
    return real.read(id, parts);
  }

  @Override
  public CompletableFuture<Optional<String>> compareAndSet(
      Job current, JobRun next, Optional<byte[]> result) {
    return real.compareAndSet(current, next, result);
  }

  @Override
  public CompletableFuture<JobPage> list(
      Owner owner, JobFilter filter, int pageSize, Optional<String> after) {
    return real.list(owner, filter, pageSize, after);
  }

  @Override
  public NoticeStore notices() {
    return real.notices();
  }

  @Override
  public CompletableFuture<Void> ping() {
    return real.ping();
  }

  @Override
  public void close() {
    real.close();
  }
}
