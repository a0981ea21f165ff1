package io.promptbeam.message;

import io.promptbeam.batch.BatchId;
import io.promptbeam.job.Owner;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends references to the pipeline. Thread-safe, never blocks. */
public interface JobPublisher extends AutoCloseable {
  /** Sends nothing, for jobs that are handed over otherwise. */
  JobPublisher NONE =
      new JobPublisher() {
        @Override
        public CompletableFuture<Void> publish(JobReference reference) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> publishTogether(List<JobReference> references) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> publishBatch(BatchId batch, Owner owner) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
      };

  /** Completes when the message is accepted; a failure leaves open whether it was. */
  CompletableFuture<Void> publish(JobReference reference);

  /**
   * Sends many in one message, which costs one delivery and one acknowledgement for all. They are
   * accepted or not as one.
   *
   * @param references at least one, and few enough for a message; a hundred are
   */
  CompletableFuture<Void> publishTogether(List<JobReference> references);

  /** Sends a batch to be expanded; as {@link #publish}. */
  CompletableFuture<Void> publishBatch(BatchId batch, Owner owner);

  @Override
  void close();
}
