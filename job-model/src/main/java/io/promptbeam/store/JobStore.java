package io.promptbeam.store;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobRun;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.store.usage.UsageStore;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The truth about every job. Thread-safe; no method blocks, and futures may complete on a thread of
 * the store's, which must not be held up. A future fails with {@link StoreUnavailableException}
 * when the store cannot be reached, and then nothing is known about a write. Arguments beyond the
 * limits, and malformed page tokens, are refused by the call itself, with {@link
 * IllegalArgumentException}.
 */
public interface JobStore extends AutoCloseable {
  /** What to read beside spec and run, which every read returns. */
  enum Part {
    REQUEST,
    RESULT
  }

  /**
   * Writes the rows that make a job durable, in the order that leaves no job unfindable: its first
   * due entry, its row in the owner's list, then the job itself, if there is none under its id. A
   * job found there that nobody has touched gets its first due entry again.
   */
  CompletableFuture<Creation> create(JobSpec spec, LlmRequest request);

  /** Like {@link #create} for each, with the rows before the jobs written in bulk. In order. */
  CompletableFuture<List<Creation>> createAll(Map<JobSpec, LlmRequest> jobs);

  /**
   * What is due in one bucket of the due index, earliest first. A job may have several entries, and
   * an entry no job: a creation that died half way left it.
   *
   * @param bucket from 0, below {@link DueEntry#BUCKETS}
   * @param until entries at that time or before
   * @param after only entries that come after this one
   */
  CompletableFuture<List<DueEntry>> due(
      int bucket, Instant until, Optional<DueEntry> after, int limit);

  /** Those of {@code ids} that have no row, not even one that cannot be read. */
  CompletableFuture<Set<JobId>> absent(Collection<JobId> ids);

  /** Gives entries a new time; at no moment is a job without one. In bulk. */
  CompletableFuture<Void> moveDue(Map<DueEntry, Instant> moves);

  /** Removes entries, of jobs that have ended or never were. In bulk. */
  CompletableFuture<Void> removeDue(Collection<DueEntry> entries);

  /** One bulk read. Ids without a job are absent from the map. */
  CompletableFuture<Map<JobId, Job>> read(Collection<JobId> ids, Set<Part> parts);

  /** {@link #read(Collection, Set)} of one job. */
  CompletableFuture<Optional<Job>> read(JobId id, Set<Part> parts);

  /**
   * Replaces the run of {@code current} by {@code next} if its version in the store is still {@code
   * current.version()}. A result is written in the same mutation; a {@code next} that is erased
   * removes request and result in it. An ambiguous answer is resolved by reading back.
   *
   * @param result the provider's answer as JSON in UTF-8, at most {@link #MAX_RESULT_BYTES}
   * @return the new version, or empty when somebody else's write came first
   */
  CompletableFuture<Optional<String>> compareAndSet(
      Job current, JobRun next, Optional<byte[]> result);

  /**
   * The owner's jobs that match, newest first, without request or result. With the id of a batch,
   * the batch's lines come before all others, in their order.
   *
   * @param pageSize jobs at most, 1 to 100; fewer, even none, may come with a next token when the
   *     search went through many jobs that do not match
   * @param after {@link JobPage#next} of the page before
   */
  CompletableFuture<JobPage> list(
      Owner owner, JobFilter filter, int pageSize, Optional<String> after);

  /** Over the same connections; unusable once the store is closed. */
  default OwnerCounters ownerCounters() {
    return OwnerCounters.NONE;
  }

  /** Over the same connections; unusable once the store is closed. */
  default LaneBoard lanes() {
    return LaneBoard.NONE;
  }

  /** Which jobs answer which requests; one that knows nothing where a store has none. */
  default AnswerIndex answers() {
    return AnswerIndex.NONE;
  }

  /** Where the usage of jobs is counted; {@link UsageStore#NONE} where it is not. */
  default UsageStore usage() {
    return UsageStore.NONE;
  }

  /** Over the same connections; unusable once the store is closed. */
  default BatchStore batches() {
    throw new UnsupportedOperationException("this store has no batches");
  }

  /** Over the same connections; unusable once the store is closed. */
  default FileStore files() {
    throw new UnsupportedOperationException("this store has no files");
  }

  /** Over the same connections; one that takes none where a store has none. */
  default NoticeStore notices() {
    return NoticeStore.NONE;
  }

  /** Over the same connections; unusable once the store is closed. */
  default ApiKeyStore apiKeys() {
    throw new UnsupportedOperationException("this store has no keys");
  }

  /** Completes when the store answers, and fails when it does not: for readiness. */
  CompletableFuture<Void> ping();

  @Override
  void close();

  /** Cells beyond it are refused; Bigtable wants them below 10 MB. */
  int MAX_RESULT_BYTES = 9_000_000;

  /** Requests beyond it, as stored JSON, are refused. */
  int MAX_REQUEST_BYTES = 9_000_000;

  /**
   * What {@link #create} found.
   *
   * @param created false when a job stood there already
   * @param job the job that now stands there, without request and result
   */
  record Creation(boolean created, Job job) {}
}
