package io.promptbeam.store;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The truth about batches: one row each, with its segments, and the rows of its lines among the
 * jobs. Thread-safe, never blocks; futures fail as those of {@link JobStore}, and every write may
 * be repeated.
 */
public interface BatchStore {
  /**
   * Makes the batch, if there is none under its id: its due entry, its row in the owner's list,
   * then the batch itself.
   */
  CompletableFuture<Creation> create(BatchSpec spec);

  /**
   * What {@link #create} found.
   *
   * @param created false when a batch stood there already
   * @param found empty when that one was deleted: its id is never given to another
   */
  record Creation(boolean created, Optional<Batch> found) {
    public Creation(boolean created, Batch batch) {
      this(created, Optional.of(batch));
    }

    public boolean isDeleted() {
      return found.isEmpty();
    }

    /** Only of one that was not deleted. */
    public Batch batch() {
      return found.orElseThrow();
    }
  }

  /** Whether a batch stood under the id, and was deleted. */
  CompletableFuture<Boolean> isDeleted(BatchId id);

  /** Without its segments. */
  CompletableFuture<Optional<Batch>> read(BatchId id);

  /** With what its segments have come to: one row, whatever the number of lines. */
  CompletableFuture<Optional<BatchProgress>> progress(BatchId id);

  /** Like {@link #progress(BatchId)}, knowing of no other segment than this one. */
  CompletableFuture<Optional<BatchProgress>> progress(BatchId id, int segment);

  /**
   * Replaces the run if {@code current} is still what stands there.
   *
   * @return the new version, or empty when somebody else's write came first
   */
  CompletableFuture<Optional<String>> compareAndSet(Batch current, BatchRun next);

  /** Cuts the batch, if it is not; completes with the cut that stands then, if there is a batch. */
  CompletableFuture<Optional<Cut>> cut(BatchId id, Cut cut);

  /**
   * Lets a segment begin. No line of it may be claimed before.
   *
   * @return false when the batch was cut or deleted while the segment had not begun: then none of
   *     its lines may ever be claimed
   */
  CompletableFuture<Boolean> open(BatchId id, int segment);

  /**
   * Notes that every line of a segment has ended, if it ever began and its batch was not deleted.
   *
   * @param tally of all its lines; the same, whoever says it
   */
  CompletableFuture<Void> finish(BatchId id, int segment, SegmentTally tally);

  /**
   * Writes lines that nobody has touched yet, in bulk. Writing a line again changes nothing, even
   * when it has been worked on meanwhile.
   *
   * @param lines their ids are those of lines of one batch
   */
  CompletableFuture<Void> putLines(Map<JobSpec, LlmRequest> lines);

  /** Notes what a segment is to be worked off by, once its lines are written. */
  CompletableFuture<Void> putPlan(BatchId id, int segment, byte[] plan);

  /** Plans of segments from {@code from} on, in order, at most {@code limit}. */
  CompletableFuture<Map<Integer, byte[]>> plans(BatchId id, int from, int limit);

  /** The lines of a segment, in order, as one read of neighbouring rows. */
  CompletableFuture<List<Job>> lines(BatchId id, int segment, Set<JobStore.Part> parts);

  /** What the lines of a segment have come to: one read of neighbouring rows, a cell of each. */
  CompletableFuture<SegmentTally> tally(BatchId id, int segment);

  /**
   * An owner's batches of one protocol, newest first.
   *
   * @param after only those older than this one; an id of nobody's gives nothing
   * @param limit 1 to 1000
   */
  CompletableFuture<List<Batch>> list(
      Owner owner, BatchProtocol protocol, Optional<BatchId> after, int limit);

  /** Like {@link #list}, of those newer than {@code before}, the nearest of them; newest first. */
  CompletableFuture<List<Batch>> listBefore(
      Owner owner, BatchProtocol protocol, BatchId before, int limit);

  /** Removes the batch and its lines. */
  CompletableFuture<Void> delete(Batch batch);
}
