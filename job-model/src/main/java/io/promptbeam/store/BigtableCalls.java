package io.promptbeam.store;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.gax.rpc.ApiException;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Bigtable's calls as completable futures, which complete on the client's threads. */
record BigtableCalls(BigtableDataClient client) {
  CompletableFuture<Boolean> checkAndMutate(ConditionalRowMutation mutation) {
    return started(() -> client.checkAndMutateRowAsync(mutation));
  }

  CompletableFuture<Void> mutate(RowMutation mutation) {
    return started(() -> client.mutateRowAsync(mutation));
  }

  CompletableFuture<Void> mutateAll(BulkMutation mutations) {
    if (mutations.getEntryCount() == 0) {
      return CompletableFuture.completedFuture(null);
    }
    return started(() -> client.bulkMutateRowsAsync(mutations));
  }

  CompletableFuture<List<Row>> read(Query query) {
    return started(() -> client.readRowsCallable().all().futureCall(query));
  }

  private static <T> CompletableFuture<T> started(Supplier<ApiFuture<T>> call) {
    CompletableFuture<T> completable = new CompletableFuture<>();
    try {
      ApiFutures.addCallback(
          call.get(),
          new ApiFutureCallback<T>() {
            @Override
            public void onSuccess(T value) {
              completable.complete(value);
            }

            @Override
            public void onFailure(Throwable error) {
              completable.completeExceptionally(error);
            }
          },
          Runnable::run);
    } catch (RuntimeException e) {
      // A closed client throws where an open one would answer.
      completable.completeExceptionally(e);
    }
    return completable;
  }

  /** Turns whatever failed into {@link StoreUnavailableException}, so callers know one failure. */
  static <T> CompletableFuture<T> translated(CompletableFuture<T> call) {
    return call.exceptionallyCompose(error -> CompletableFuture.failedFuture(unavailable(error)));
  }

  private static StoreUnavailableException unavailable(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof StoreUnavailableException already) {
      return already;
    }
    String code =
        cause instanceof ApiException refused
            ? refused.getStatusCode().getCode().toString()
            : cause.getClass().getSimpleName();
    return new StoreUnavailableException(
        "Bigtable did not serve the request: " + code,
        cause,
        ConditionalWrite.isCertainlyRefused(cause));
  }
}
