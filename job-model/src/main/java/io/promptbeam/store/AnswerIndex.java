package io.promptbeam.store;

import io.promptbeam.job.JobId;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Which job has the answer to a request, or is to get it; the answer itself stands in that job's
 * row alone, so that it goes when the job is erased. Thread-safe, never blocks; futures fail as
 * those of {@link JobStore}.
 */
public interface AnswerIndex {
  /** Knows of no answer, and lets everybody lead. */
  AnswerIndex NONE =
      new AnswerIndex() {
        @Override
        public CompletableFuture<Optional<Lead>> find(AnswerKey key) {
          return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<Boolean> lead(
            AnswerKey key, JobId job, Instant since, Optional<Lead> instead) {
          return CompletableFuture.completedFuture(true);
        }
      };

  /**
   * The job that answers for all with the same request. What became of it, its row says.
   *
   * @param since when it was chosen
   * @param version changes with every choice
   */
  record Lead(JobId jobId, Instant since, String version) {}

  CompletableFuture<Optional<Lead>> find(AnswerKey key);

  /**
   * Makes {@code job} the one that answers, if {@code instead} is still what {@link #find} finds.
   */
  CompletableFuture<Boolean> lead(AnswerKey key, JobId job, Instant since, Optional<Lead> instead);
}
