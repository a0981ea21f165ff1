package io.promptbeam.message;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends references to the pipeline. Thread-safe, never blocks. */
public interface JobPublisher extends AutoCloseable {
  /** Completes when the message is accepted; a failure leaves open whether it was. */
  CompletableFuture<Void> publish(JobReference reference);

  /**
   * Sends many in one message, which costs one delivery and one acknowledgement for all. They are
   * accepted or not as one.
   *
   * @param references at least one, and few enough for a message; a hundred are
   */
  CompletableFuture<Void> publishTogether(List<JobReference> references);

  @Override
  void close();
}
