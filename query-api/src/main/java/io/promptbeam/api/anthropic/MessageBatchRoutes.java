package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchLines;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.Outlooks;
import io.promptbeam.api.batches.RepeatableCreation;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Route;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.BatchCreation;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The routes of Anthropic's Message Batches. */
public final class MessageBatchRoutes {
  private final JobStore store;
  private final BatchCreation creation;
  private final BatchReader reader;
  private final Outlooks outlooks;
  private final Supplier<ModelCatalog> catalog;
  private final MessageBatchLimits limits;
  private final Clock clock;

  /**
   * @param publishWait how long the answer to a creation waits for the publisher at most
   */
  public MessageBatchRoutes(
      JobStore store,
      JobPublisher publisher,
      Duration publishWait,
      Supplier<ModelCatalog> catalog,
      MessageBatchLimits limits,
      Clock clock) {
    this.store = store;
    this.creation = new BatchCreation(store::batches, publisher, publishWait);
    this.reader = new BatchReader(store::batches);
    this.outlooks = new Outlooks(store::batches, store.lanes(), catalog);
    this.catalog = catalog;
    this.limits = limits;
    this.clock = clock;
  }

  /** For one server. */
  public List<Route> routes() {
    RepeatableCreation creations =
        new RepeatableCreation(store::batches, creation, limits.retryWindow());
    ResultsHandler results =
        new ResultsHandler(reader, new BatchLines(store::batches), store::files);
    return List.of(
        Route.submitting(
            "POST",
            BatchPaths.ALL,
            new CreateHandler(store::files, creations, reader, catalog, limits, clock)),
        Route.reading(BatchPaths.ALL, new ListHandler(store::batches, reader, clock)),
        Route.reading(BatchPaths.ONE, this::retrieve),
        Route.submitting("DELETE", BatchPaths.ONE, new DeleteHandler(store::batches, store::files)),
        Route.submitting(
            "POST", BatchPaths.CANCEL, new CancelHandler(store::batches, reader, clock)),
        Route.reading(BatchPaths.RESULTS, results));
  }

  private CompletableFuture<ApiResponse> retrieve(ApiRequest request, Caller caller) {
    String origin = request.origin();
    return reader
        .read(BatchPaths.idIn(request), caller, BatchProtocol.ANTHROPIC)
        .thenCompose(state -> BatchAnswers.one(state, origin, outlooks, clock.instant()));
  }
}
