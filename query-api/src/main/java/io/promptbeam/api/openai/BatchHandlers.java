package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.Outlooks;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problem;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.BatchStore;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows, lists and cancels batches. Thread-safe, never blocks. */
final class BatchHandlers {
  private static final Logger log = LoggerFactory.getLogger(BatchHandlers.class);

  private static final int DEFAULT_LIMIT = 20;
  private static final int MAX_LIMIT = 100;

  private final Supplier<BatchStore> store;
  private final BatchReader reader;
  private final Outlooks outlooks;
  private final JobPublisher publisher;
  private final Clock clock;

  BatchHandlers(
      Supplier<BatchStore> store,
      BatchReader reader,
      Outlooks outlooks,
      JobPublisher publisher,
      Clock clock) {
    this.store = store;
    this.outlooks = outlooks;
    this.reader = reader;
    this.publisher = publisher;
    this.clock = clock;
  }

  CompletableFuture<ApiResponse> retrieve(ApiRequest request, Caller caller) {
    return find(request.pathValue("id"), caller).thenCompose(this::answer);
  }

  CompletableFuture<ApiResponse> list(ApiRequest request, Caller caller) {
    ListParameters parameters = new ListParameters(request);
    int limit = parameters.limit(DEFAULT_LIMIT, MAX_LIMIT);
    Optional<String> after = parameters.text("after");
    Optional<BatchId> last = after.flatMap(id -> BatchId.parse(id, BatchProtocol.OPENAI));
    if (after.isPresent() && last.isEmpty()) {
      return CompletableFuture.completedFuture(Answers.list(List.of(), false));
    }
    return store
        .get()
        .list(OwnerParameter.of(request, caller), BatchProtocol.OPENAI, last, limit + 1)
        .thenCompose(
            found ->
                reader
                    .read(found.stream().limit(limit).toList())
                    .thenApply(states -> Answers.list(json(states), found.size() > limit)));
  }

  private List<ObjectNode> json(List<BatchState> states) {
    return states.stream().map(state -> BatchViews.json(state, clock.instant())).toList();
  }

  /** Of a batch that is being cancelled, or was, changes nothing. */
  CompletableFuture<ApiResponse> cancel(ApiRequest request, Caller caller) {
    String id = request.pathValue("id");
    return find(id, caller)
        .thenCompose(
            state -> {
              Batch batch = state.batch();
              BatchStatus status = batch.run().status();
              if (status == BatchStatus.CANCELLED) {
                return answer(state);
              }
              if (status.isTerminal()) {
                throw ended(id, status);
              }
              return store
                  .get()
                  .cut(batch.spec().id(), new Cut(Cut.Kind.CANCELLED, clock.instant()))
                  .thenCompose(
                      cut -> {
                        wake(batch);
                        return find(id, caller);
                      })
                  .thenCompose(this::answer);
            });
  }

  /** What runs is stopped by the pipeline; without a message, by the next sweep. */
  private void wake(Batch batch) {
    try {
      var unused =
          publisher
              .publishBatch(batch.spec().id(), batch.spec().owner())
              .exceptionally(
                  failure -> {
                    log.debug("the cancelling of {} is left to the sweep", batch.spec().id());
                    return null;
                  });
    } catch (RuntimeException e) {
      log.debug("the cancelling of {} is left to the sweep", batch.spec().id(), e);
    }
  }

  private static RuntimeException ended(String id, BatchStatus status) {
    return Problem.of(
            409,
            "batch_ended",
            "Batch ended",
            "Cannot cancel " + id + ": its status is " + status.wireName() + ".")
        .withField("id")
        .asException();
  }

  private CompletableFuture<BatchState> find(String text, Caller caller) {
    BatchId id = BatchId.parse(text, BatchProtocol.OPENAI).orElseThrow(() -> Answers.noBatch(text));
    return reader
        .read(id, caller, BatchProtocol.OPENAI)
        .thenApply(found -> found.orElseThrow(() -> Answers.noBatch(text)));
  }

  private CompletableFuture<ApiResponse> answer(BatchState state) {
    return outlooks
        .of(state, clock.instant())
        .thenApply(outlook -> Answers.json(BatchViews.json(state, outlook)));
  }
}
