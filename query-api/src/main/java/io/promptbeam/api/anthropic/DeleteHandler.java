package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.FileStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Removes an ended batch with its lines and the file that was made of its requests. */
final class DeleteHandler implements Handler {
  /** Lines of a large batch take longer; they are removed all the same. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Supplier<BatchStore> batches;
  private final Supplier<FileStore> files;

  DeleteHandler(Supplier<BatchStore> batches, Supplier<FileStore> files) {
    this.batches = batches;
    this.files = files;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    BatchId id = BatchPaths.idIn(request);
    return batches
        .get()
        .read(id)
        .thenCompose(
            found -> delete(found.filter(b -> isOf(b, caller)).orElseThrow(BatchPaths::unknown)))
        .thenApply(
            done ->
                BatchAnswers.json(
                    JsonNodeFactory.instance
                        .objectNode()
                        .put("id", id.text(BatchProtocol.ANTHROPIC))
                        .put("type", "message_batch_deleted")));
  }

  private static boolean isOf(Batch batch, Caller caller) {
    return caller.sees(batch.spec().owner()) && batch.spec().protocol() == BatchProtocol.ANTHROPIC;
  }

  private CompletableFuture<Void> delete(Batch batch) {
    if (!batch.run().status().isTerminal()) {
      throw Problem.of(
              400,
              "batch_not_ended",
              "Batch not ended",
              "The batch is still being processed. Cancel it, and delete it once it has ended.")
          .asException();
    }
    FileStore store = files.get();
    // The file first: without the batch nobody would find it any more.
    return store
        .read(batch.spec().input())
        .thenCompose(
            file ->
                file.map(store::delete)
                    .orElseGet(() -> CompletableFuture.<Void>completedFuture(null)))
        .thenCompose(done -> goneSoon(batch));
  }

  private CompletableFuture<Void> goneSoon(Batch batch) {
    CompletableFuture<Void> removal = batches.get().delete(batch);
    return removal
        .thenApply(done -> true)
        .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .thenCompose(
            done ->
                done
                    ? CompletableFuture.<Optional<Batch>>completedFuture(Optional.empty())
                    : batches.get().read(batch.spec().id()))
        .thenCompose(
            left -> left.isPresent() ? removal : CompletableFuture.<Void>completedFuture(null));
  }
}
