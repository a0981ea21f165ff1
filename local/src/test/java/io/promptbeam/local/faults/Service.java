package io.promptbeam.local.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A client of the HTTP service, as a program of a user's would be. Thread-safe. */
final class Service {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final URI base;

  Service(int port) {
    base = URI.create("http://127.0.0.1:" + port);
  }

  /** The answer to one try at a submission. */
  HttpResponse<String> submit(String prompt, String key, int maxAttempts)
      throws IOException, InterruptedException {
    var body = JSON.createObjectNode();
    body.put("model_id", "m").put("full_input", prompt).put("max_attempts", maxAttempts);
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("/api/llm/jobs/submit/"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .timeout(Duration.ofSeconds(30))
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  /** Tries until it is accepted; with the same key, so that it makes one job. */
  void submitUntilAccepted(String prompt, String key, int maxAttempts)
      throws IOException, InterruptedException {
    while (true) {
      try {
        HttpResponse<String> answer = submit(prompt, key, maxAttempts);
        if (answer.statusCode() == 202) {
          return;
        }
        if (answer.statusCode() < 500) {
          throw new IllegalStateException("refused: " + answer.statusCode() + answer.body());
        }
      } catch (IOException e) {
        // Killed, or not up again.
      }
      pause();
    }
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(30)).build();
    return http.send(request, BodyHandlers.ofString());
  }

  int status(String path) throws IOException, InterruptedException {
    return get(path).statusCode();
  }

  private static void pause() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    LockSupport.parkNanos(200_000_000);
  }
}
