package io.promptbeam.api;

import io.promptbeam.api.http.ApiResponse;
import io.promptbeam.api.http.Route;
import io.promptbeam.store.JobStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a supervisor asks: whether the process lives, and whether it can serve. */
final class Probes {
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(2);

  private Probes() {}

  static List<Route> routes(JobStore store) {
    return List.of(
        Route.open(
            "GET",
            "/livez",
            (request, caller) ->
                CompletableFuture.completedFuture(answer(200, "{\"status\":\"live\"}"))),
        Route.open("GET", "/readyz", (request, caller) -> ready(store)));
  }

  private static CompletableFuture<ApiResponse> ready(JobStore store) {
    CompletableFuture<Void> ping;
    try {
      ping = store.ping().copy();
    } catch (RuntimeException e) {
      ping = CompletableFuture.failedFuture(e);
    }
    return ping.orTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (done, failure) ->
                failure == null
                    ? answer(200, "{\"status\":\"ready\",\"checks\":{\"store\":\"ok\"}}")
                    : answer(
                        503, "{\"status\":\"not ready\",\"checks\":{\"store\":\"unreachable\"}}"));
  }

  private static ApiResponse answer(int status, String json) {
    return ApiResponse.json(status, json.getBytes(StandardCharsets.UTF_8))
        .with("Cache-Control", "no-store");
  }
}
