package io.promptbeam.api.batches;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.store.JobStore;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** Pages of a batch's lines, each with its request and what became of it. Thread-safe. */
final class ResultsHandler implements Handler {
  private final JobStore store;
  private final OwnedBatches batches;
  private final Map<BatchProtocol, ProtocolForm> forms;

  ResultsHandler(JobStore store, OwnedBatches batches, Map<BatchProtocol, ProtocolForm> forms) {
    this.store = store;
    this.batches = batches;
    this.forms = forms;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    return batches
        .find(request, caller)
        .thenCompose(
            progress -> {
              ResultsQuery query = ResultsQuery.of(request, progress.batch().spec().id());
              return new LineSearch(store.batches(), progress, query)
                  .run()
                  .thenApply(found -> answer(progress, query, found));
            });
  }

  private ApiResponse answer(BatchProgress progress, ResultsQuery query, LineSearch.Found found) {
    ProtocolForm form = Objects.requireNonNull(forms.get(progress.batch().spec().protocol()));
    ResultsPage page = new ResultsPage(store, progress, query, form);
    return ApiResponse.streamed(200, ApiResponse.JSON, out -> page.write(found, out))
        .with("Cache-Control", "no-store");
  }
}
