package io.promptbeam.api.anthropic;

import io.promptbeam.api.batches.BatchReader;
import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problems;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.job.Owner;
import io.promptbeam.store.BatchStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Lists the caller's batches, newest first, in either direction from one of them. */
final class ListHandler implements Handler {
  private static final Pattern LIMIT = Pattern.compile("[0-9]{1,5}");
  private static final int USUAL_LIMIT = 20;
  private static final int MAX_LIMIT = 1_000;

  private final Supplier<BatchStore> store;
  private final BatchReader reader;
  private final Clock clock;

  ListHandler(Supplier<BatchStore> store, BatchReader reader, Clock clock) {
    this.store = store;
    this.reader = reader;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = OwnerParameter.of(request, caller);
    Map<String, List<String>> query = request.query();
    int limit = limit(query);
    Optional<BatchId> before = id(query, "before_id");
    Optional<BatchId> after = id(query, "after_id");
    if (before.isPresent() && after.isPresent()) {
      throw Problems.invalidParameter("before_id", "It cannot go with after_id.").asException();
    }
    String origin = request.origin();
    return before
        .map(id -> newer(owner, id, limit))
        .orElseGet(() -> older(owner, after, limit))
        .thenCompose(
            page ->
                hasMore(owner, page, before.isPresent())
                    .thenCombine(
                        reader.read(page),
                        (more, states) ->
                            BatchAnswers.page(states, more, origin, clock.instant())));
  }

  private CompletableFuture<List<Batch>> newer(Owner owner, BatchId than, int limit) {
    return store.get().listBefore(owner, BatchProtocol.ANTHROPIC, than, limit);
  }

  private CompletableFuture<List<Batch>> older(Owner owner, Optional<BatchId> than, int limit) {
    return store.get().list(owner, BatchProtocol.ANTHROPIC, than, limit);
  }

  /** In the direction in which the pages go. */
  private CompletableFuture<Boolean> hasMore(Owner owner, List<Batch> page, boolean upwards) {
    if (page.isEmpty()) {
      return CompletableFuture.completedFuture(false);
    }
    BatchId edge = page.get(upwards ? 0 : page.size() - 1).spec().id();
    return (upwards ? newer(owner, edge, 1) : older(owner, Optional.of(edge), 1))
        .thenApply(next -> !next.isEmpty());
  }

  private static int limit(Map<String, List<String>> query) {
    Optional<String> given = last(query, "limit");
    int limit =
        given.isEmpty()
            ? USUAL_LIMIT
            : given.filter(text -> LIMIT.matcher(text).matches()).map(Integer::parseInt).orElse(0);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw Problems.invalidParameter("limit", "It must be a number from 1 to " + MAX_LIMIT + ".")
          .asException();
    }
    return limit;
  }

  private static Optional<BatchId> id(Map<String, List<String>> query, String name) {
    return last(query, name)
        .filter(text -> !text.isEmpty())
        .map(
            text ->
                BatchId.parse(text, BatchProtocol.ANTHROPIC)
                    .orElseThrow(
                        () ->
                            Problems.invalidParameter(name, "It is not the id of a message batch.")
                                .asException()));
  }

  private static Optional<String> last(Map<String, List<String>> query, String name) {
    List<String> values = query.getOrDefault(name, List.of());
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(values.size() - 1));
  }
}
