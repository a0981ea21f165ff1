package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.Cut;
import io.promptbeam.store.BatchStore;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Cancels a batch; cancelling twice is cancelling once, even when it has ended meanwhile. */
final class CancelHandler implements Handler {
  private final Supplier<BatchStore> store;
  private final BatchReader reader;
  private final Clock clock;

  CancelHandler(Supplier<BatchStore> store, BatchReader reader, Clock clock) {
    this.store = store;
    this.reader = reader;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    BatchId id = BatchPaths.idIn(request);
    String origin = request.origin();
    return reader
        .read(id, caller, BatchProtocol.ANTHROPIC)
        .thenCompose(found -> cancelled(found.orElseThrow(BatchPaths::unknown)))
        .thenApply(state -> BatchAnswers.one(state, origin, clock.instant()));
  }

  private CompletableFuture<Optional<BatchState>> cancelled(BatchState state) {
    boolean isCancelled = MessageBatchView.cancelledAt(state.batch()).isPresent();
    if (isCancelled) {
      return CompletableFuture.completedFuture(Optional.of(state));
    }
    if (state.batch().run().status().isTerminal()) {
      throw Problem.of(
              400,
              "batch_ended",
              "Batch ended",
              "The batch has ended; only one that is being processed can be canceled.")
          .asException();
    }
    BatchId id = state.batch().spec().id();
    return store
        .get()
        .cut(id, new Cut(Cut.Kind.CANCELLED, clock.instant()))
        .thenCompose(cut -> reader.read(state.batch()));
  }
}
