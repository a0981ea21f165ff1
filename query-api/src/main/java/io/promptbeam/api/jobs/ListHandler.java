package io.promptbeam.api.jobs;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Caller;
import io.promptbeam.api.http.Handler;
import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.Owner;
import io.promptbeam.store.JobFilter;
import io.promptbeam.store.JobPage;
import io.promptbeam.store.JobStore;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Lists the caller's jobs, newest first. */
final class ListHandler implements Handler {
  /** A page without a match is not worth a round trip, as long as looking on stays short. */
  private static final int MAX_EMPTY_PAGES = 5;

  private final JobStore store;
  private final PageTokens tokens;
  private final Clock clock;

  ListHandler(JobStore store, PageTokens tokens, Clock clock) {
    this.store = store;
    this.tokens = tokens;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller) {
    Owner owner = OwnerParameter.of(request, caller);
    ListQuery query = ListQuery.of(request.query());
    return tokens.get().thenCompose(signing -> answer(owner, query, signing));
  }

  private CompletableFuture<ApiResponse> answer(Owner owner, ListQuery query, PageToken tokens) {
    JobFilter filter = query.filter();
    Optional<String> after =
        query
            .pageToken()
            .map(
                token ->
                    tokens
                        .decode(owner, filter, token)
                        .orElseThrow(
                            () ->
                                Problems.invalidParameter(
                                        "page_token",
                                        "It is not a token of this list; send the next_page_token"
                                            + " of the page before, with the same filters.")
                                    .asException()));
    return search(owner, query, after, MAX_EMPTY_PAGES)
        .thenApply(
            page -> {
              Optional<String> next =
                  page.next().map(position -> tokens.encode(owner, filter, position));
              return ApiResponse.json(200, JobViews.page(page.jobs(), next, clock.instant()))
                  .with("Cache-Control", "no-store");
            });
  }

  private CompletableFuture<JobPage> search(
      Owner owner, ListQuery query, Optional<String> after, int emptyPagesLeft) {
    return store
        .list(owner, query.filter(), query.pageSize(), after)
        .thenCompose(
            page ->
                page.jobs().isEmpty() && page.next().isPresent() && emptyPagesLeft > 0
                    ? search(owner, query, page.next(), emptyPagesLeft - 1)
                    : CompletableFuture.completedFuture(page));
  }
}
