package io.promptbeam.store;

import com.google.api.gax.rpc.ApiException;
import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.ReadModifyWriteRow;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowMutation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The requests to Bigtable, which never block. An interface, so that a simulation can lose, delay
 * and interrupt them.
 */
interface BigtableCalls extends AutoCloseable {
  /** Completes with whether the condition held. Never retried. */
  CompletableFuture<Boolean> checkAndMutate(ConditionalRowMutation mutation);

  /** Completes with the new cells of what was changed. Never retried. */
  CompletableFuture<Row> readModifyWrite(ReadModifyWriteRow change);

  CompletableFuture<Void> mutate(RowMutation mutation);

  /** Row by row: a failure leaves open which of them were written. */
  CompletableFuture<Void> mutateAll(BulkMutation mutations);

  CompletableFuture<List<Row>> read(Query query);

  @Override
  void close();

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
        "Bigtable did not serve the request: " + code, cause, ConditionalWrite.isPermanent(cause));
  }
}
