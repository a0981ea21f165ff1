package io.promptbeam.store;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.cloud.bigtable.data.v2.BigtableDataClient;
import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Requests of Bigtable's client; the futures complete on the client's threads. */
record ClientCalls(BigtableDataClient client) implements BigtableCalls {
  @Override
  public CompletableFuture<Boolean> checkAndMutate(ConditionalRowMutation mutation) {
    return started(() -> client.checkAndMutateRowAsync(mutation));
  }

  @Override
  public CompletableFuture<Row> readModifyWrite(ReadModifyWriteRow change) {
    return started(() -> client.readModifyWriteRowAsync(change));
  }

  @Override
  public CompletableFuture<Void> mutate(RowMutation mutation) {
    return started(() -> client.mutateRowAsync(mutation));
  }

  @Override
  public CompletableFuture<Void> mutateAll(BulkMutation mutations) {
    if (mutations.getEntryCount() == 0) {
      return CompletableFuture.completedFuture(null);
    }
    return started(() -> client.bulkMutateRowsAsync(mutations));
  }

  @Override
  public CompletableFuture<List<Row>> read(Query query) {
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

  @Override
  public void close() {
    client.close();
  }
}
