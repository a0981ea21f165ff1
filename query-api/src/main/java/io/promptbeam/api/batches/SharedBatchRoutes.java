package io.promptbeam.api.batches;

import io.promptbeam.api.http.Route;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.BatchCreation;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What both protocols' batches answer beyond either protocol. */
public final class SharedBatchRoutes {
  private SharedBatchRoutes() {}

  /**
   * All of them.
   *
   * @param store asked for its batches by requests only: not every store has them
   * @param forms one for each protocol
   */
  public static List<Route> of(
      JobStore store,
      BatchCreation creation,
      Map<BatchProtocol, ProtocolForm> forms,
      Supplier<ModelCatalog> catalog,
      Clock clock) {
    OwnedBatches batches = new OwnedBatches(store::batches);
    return List.of(
        Route.reading("/v1/batches/:id/results", new ResultsHandler(store, batches, forms)),
        Route.submitting(
            "POST",
            "/v1/batches/:id/retry",
            new RetryHandler(store, creation, forms, catalog, clock)));
  }
}
