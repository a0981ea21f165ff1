package io.promptbeam.api.http;

import java.util.concurrent.CompletableFuture;

/** Answers the requests of one route. Thread-safe. */
@FunctionalInterface
public interface Handler {
  /**
   * Does not block but for reading the body. A {@link ProblemException}, thrown or in the future,
   * becomes its problem.
   */
  CompletableFuture<ApiResponse> handle(ApiRequest request, Caller caller);
}
