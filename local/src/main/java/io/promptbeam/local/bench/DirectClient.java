package io.promptbeam.local.bench;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Semaphore;

/**
 * The reference: the same calls straight to the provider, a thousand at a time, with nothing kept
 * anywhere. What it takes is what Promptbeam cannot go below.
 */
final class DirectClient {
  private static final int CONCURRENCY = 1_000;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI endpoint;

  DirectClient(URI baseUrl) {
    endpoint = URI.create(baseUrl + "/chat/completions");
  }

  /** Makes {@code calls} calls and blocks until the last is answered. */
  void run(long firstPrompt, int calls) throws InterruptedException {
    Semaphore inFlight = new Semaphore(CONCURRENCY);
    for (long i = 0; i < calls; i++) {
      inFlight.acquire();
      String body =
          "{\"model\":\"direct\",\"messages\":[{\"role\":\"user\",\"content\":\""
              + BenchModels.prompt(firstPrompt + i)
              + "\"}]}";
      HttpRequest request =
          HttpRequest.newBuilder(endpoint)
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      var unused =
          http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
              .whenComplete((answer, failure) -> inFlight.release());
    }
    inFlight.acquire(CONCURRENCY);
  }
}
