package io.promptbeam.local.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The polling API, for one command: blocking, and failing with a line a person can act on. */
final class ServiceClient {
  static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofHours(1);
  private static final int HELD_SECONDS = 20;
  private static final int SERVER_ERROR = 500;

  /** Refusals that would meet any other job as well. */
  private static final Set<Integer> ABOUT_THE_CALLER =
      Set.of(HttpCodes.UNAUTHORIZED, HttpCodes.FORBIDDEN, HttpCodes.TOO_MANY_REQUESTS);

  private final URI base;
  private final Optional<String> apiKey;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  ServiceClient(URI base, Optional<String> apiKey) {
    this.base = base;
    this.apiKey = apiKey;
  }

  /** A status code below 400 and the JSON that came with it. */
  record Answer(int status, JsonNode body) {}

  Answer submit(ObjectNode job, Optional<String> idempotencyKey) {
    HttpRequest.Builder request = request("/api/llm/jobs/submit/");
    idempotencyKey.ifPresent(key -> request.header("Idempotency-Key", key));
    return send(request, "POST", Optional.of(job));
  }

  Answer status(String jobId) {
    return send(request("/api/llm/jobs/" + jobId + "/status/"), "GET", Optional.empty());
  }

  /** Like {@link #status}, answered when the state changes or after some 20 seconds. */
  Answer statusHeld(String jobId) {
    HttpRequest.Builder request = request("/api/llm/jobs/" + jobId + "/status/");
    request.header("Prefer", "wait=" + HELD_SECONDS);
    return send(request, "GET", Optional.empty());
  }

  Answer result(String jobId) {
    return send(request("/api/llm/jobs/" + jobId + "/result/"), "GET", Optional.empty());
  }

  Answer cancel(String jobId) {
    return send(
        request("/api/llm/jobs/" + jobId + "/cancel/"),
        "POST",
        Optional.of(JSON.createObjectNode()));
  }

  /**
   * Asks for a job to be run again.
   *
   * @throws CliException when that says nothing about the job: no service, no access
   */
  Retried retry(String jobId) {
    HttpResponse<String> response =
        exchange(
            request("/api/llm/jobs/" + jobId + "/retry/"),
            "POST",
            Optional.of(JSON.createObjectNode()));
    int status = response.statusCode();
    Optional<JsonNode> json = parse(response.body());
    if (status >= HttpCodes.BAD_REQUEST
        && status < SERVER_ERROR
        && !ABOUT_THE_CALLER.contains(status)
        && json.isPresent()
        && json.get().has("code")) {
      return new Retried.Refused(
          json.get().path("code").asText(), json.get().path("detail").asText(), status);
    }
    boolean replayed =
        response.headers().firstValue("Idempotent-Replayed").filter("true"::equals).isPresent();
    return new Retried.Accepted(read(response).body(), replayed);
  }

  /** What became of a job that was to be run again. */
  sealed interface Retried {
    /**
     * There is a new job.
     *
     * @param replayed an earlier retry made it
     */
    record Accepted(JsonNode body, boolean replayed) implements Retried {
      String jobId() {
        return body.path("job_id").asText();
      }
    }

    /** There is none, and asking again would not help. */
    record Refused(String code, String detail, int status) implements Retried {}
  }

  /** {@code query} begins with '?' or is empty. */
  Answer list(String query) {
    return send(request("/api/llm/jobs/" + query), "GET", Optional.empty());
  }

  /** The page's jobs go to {@code each}; answers the token of the next page, if there is one. */
  Optional<String> list(String query, Consumer<JsonNode> each) {
    JsonNode page = list(query).body();
    page.path("jobs").forEach(each);
    return Optional.ofNullable(page.path("next_page_token").textValue());
  }

  /** {@code query} begins with '?' or is empty. */
  Answer usage(String query) {
    return send(request("/api/llm/usage/" + query), "GET", Optional.empty());
  }

  /** Of the batch protocol; {@code path} begins with /v1. */
  Answer get(String path) {
    return send(request(path), "GET", Optional.empty());
  }

  /** Of the batch protocol; {@code path} begins with /v1. */
  Answer post(String path, ObjectNode body) {
    return send(request(path), "POST", Optional.of(body));
  }

  /**
   * Sends a body that is made as it is sent, for as long as that takes.
   *
   * @param contentType with its parameters
   */
  Answer upload(String path, String contentType, BodyPublisher body) {
    HttpRequest.Builder request =
        request(path).timeout(UPLOAD_TIMEOUT).header("Content-Type", contentType).POST(body);
    return read(exchange(request, BodyHandlers.ofString()));
  }

  /** An answer as it comes, for the caller to close. */
  InputStream open(String path) {
    HttpResponse<InputStream> response =
        exchange(request(path).GET(), BodyHandlers.ofInputStream());
    if (response.statusCode() < HttpCodes.BAD_REQUEST) {
      return response.body();
    }
    try (InputStream body = response.body()) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      throw failure(response.statusCode(), parse(text));
    } catch (IOException e) {
      throw CliException.environment("the connection to " + base + " broke");
    }
  }

  Answer createKey(ObjectNode key) {
    return send(request("/api/llm/keys/"), "POST", Optional.of(key));
  }

  /** {@code query} begins with '?' or is empty. */
  Answer keys(String query) {
    return send(request("/api/llm/keys/" + query), "GET", Optional.empty());
  }

  Answer revokeKey(String keyId) {
    return send(request("/api/llm/keys/" + keyId + "/"), "DELETE", Optional.empty());
  }

  Answer models() {
    return send(request("/api/llm/models/"), "GET", Optional.empty());
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(ANSWER_TIMEOUT)
            .header("Accept", "application/json");
    apiKey.ifPresent(key -> request.header("Authorization", "Bearer " + key));
    return request;
  }

  private Answer send(HttpRequest.Builder request, String method, Optional<ObjectNode> body) {
    return read(exchange(request, method, body));
  }

  private HttpResponse<String> exchange(
      HttpRequest.Builder request, String method, Optional<ObjectNode> body) {
    body.ifPresent(json -> request.header("Content-Type", "application/json"));
    request.method(
        method,
        body.map(json -> BodyPublishers.ofString(json.toString()))
            .orElseGet(BodyPublishers::noBody));
    return exchange(request, BodyHandlers.ofString());
  }

  private <T> HttpResponse<T> exchange(HttpRequest.Builder request, BodyHandler<T> into) {
    try {
      return http.send(request.build(), into);
    } catch (ConnectException e) {
      throw CliException.environment(
          "no service answers at " + base + ". Start one with: promptbeam up");
    } catch (HttpTimeoutException e) {
      throw CliException.environment("the service at " + base + " did not answer in time");
    } catch (IOException e) {
      throw CliException.environment(
          "the connection to " + base + " broke. Is it a Promptbeam service?");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.environment("interrupted");
    }
  }

  private Answer read(HttpResponse<String> response) {
    Optional<JsonNode> json = parse(response.body());
    if (response.statusCode() >= HttpCodes.BAD_REQUEST) {
      throw failure(response.statusCode(), json);
    }
    return new Answer(
        response.statusCode(),
        json.orElseThrow(
            () ->
                CliException.environment(
                    "the answer of " + base + " is not JSON. Is it a Promptbeam service?")));
  }

  private static Optional<JsonNode> parse(String body) {
    try {
      JsonNode json = JSON.readTree(body);
      return json.isMissingNode() ? Optional.empty() : Optional.of(json);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private CliException failure(int status, Optional<JsonNode> problem) {
    String message =
        problem
            .filter(p -> p.has("detail") || p.has("title") || p.path("error").has("message"))
            .map(p -> p.has("detail") || p.has("title") ? describe(p) : describeError(p))
            .orElse("the service at " + base + " answered " + status);
    if (status == HttpCodes.CONFLICT) {
      return CliException.jobsFailed(message);
    }
    return status < SERVER_ERROR ? CliException.usage(message) : CliException.environment(message);
  }

  /** An error of the batch protocol in one line. */
  private static String describeError(JsonNode problem) {
    JsonNode error = problem.path("error");
    String param = error.path("param").asText("");
    return (param.isEmpty() || error.path("param").isNull() ? "" : param + ": ")
        + error.path("message").asText()
        + (error.path("code").isTextual() ? " (" + error.path("code").asText() + ")" : "");
  }

  /** A problem of RFC 9457 in one line. */
  private static String describe(JsonNode problem) {
    String detail = problem.path("detail").asText(problem.path("title").asText());
    StringBuilder line = new StringBuilder(detail);
    line.append(" (").append(problem.path("code").asText("no code"));
    JsonNode error = problem.path("error");
    if (error.has("message")) {
      line.append("; ").append(error.path("code").asText()).append(": ");
      line.append(error.path("message").asText());
    }
    if (problem.has("request_id")) {
      line.append("; request ").append(problem.path("request_id").asText());
    }
    return line.append(')').toString();
  }
}
