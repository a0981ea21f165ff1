package io.promptbeam.submit;

import io.promptbeam.batch.BatchSpec;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.BatchStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes batches durable, then wakes the pipeline. Thread-safe, never blocks. */
public final class BatchCreation {
  private static final Logger log = LoggerFactory.getLogger(BatchCreation.class);
  private static final SparseWarning UNSENT = new SparseWarning(log);

  private final Supplier<BatchStore> store;
  private final JobPublisher publisher;
  private final Duration publishWait;

  /**
   * @param publishWait how long an answer waits for the publisher at most
   */
  public BatchCreation(Supplier<BatchStore> store, JobPublisher publisher, Duration publishWait) {
    this.store = store;
    this.publisher = publisher;
    this.publishWait = publishWait;
  }

  /** What stands under the id then; a batch that was there already is published once more. */
  public CompletableFuture<BatchStore.Creation> create(BatchSpec spec) {
    return store
        .get()
        .create(spec)
        .thenCompose(
            creation ->
                creation.isDeleted() || creation.batch().run().status().isTerminal()
                    ? CompletableFuture.completedFuture(creation)
                    : publish(creation).thenApply(done -> creation));
  }

  /** Never fails: the sweep finds a batch whose message was lost. */
  private CompletableFuture<Void> publish(BatchStore.Creation creation) {
    BatchSpec spec = creation.batch().spec();
    CompletableFuture<Void> sent;
    try {
      sent = publisher.publishBatch(spec.id(), spec.owner());
    } catch (RuntimeException e) {
      sent = CompletableFuture.failedFuture(e);
    }
    // The limit is on the copy: a send that ends late is still a send.
    return sent.copy()
        .orTimeout(publishWait.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(
            failure -> {
              UNSENT.warn(
                  () ->
                      "queue unavailable, "
                          + spec.id()
                          + " is stored but not known to be published; the sweep finds it: "
                          + SparseWarning.reason(failure));
              return null;
            });
  }
}
