package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.job.Sha256;
import io.promptbeam.message.JobPublisher;
import io.promptbeam.store.InMemoryJobStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the server lets in, and how it speaks HTTP. */
class ApiServerEdgeIT {
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";
  private static final String SUBMIT = "/api/llm/jobs/submit/";

  private final TestStack stack =
      new TestStack(ApiConfig.loopback(0).withLimits(ApiLimits.DEFAULT.withMaxBodyBytes(50_000)));
  private final HttpProbe http = new HttpProbe(stack.server.uri());

  @AfterEach
  void stop() {
    stack.close();
  }

  private static ApiKeys keys() {
    return ApiKeys.parse(List.of("ann " + hash("key-a"), "bob " + hash("key-b")), "keys");
  }

  private static String hash(String key) {
    return Sha256.hex(key.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertProblem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.text("code")).isEqualTo(code);
    assertThat(answer.text("request_id")).isNotEmpty();
  }

  @Test
  void paths_areServedWithAndWithoutSlash_andWithoutRedirect() {
    for (String path : List.of("/api/llm/jobs/submit", SUBMIT)) {
      assertThat(http.post(path, PROMPT).status()).isEqualTo(202);
    }
    for (String path : List.of("/api/llm/jobs", "/api/llm/jobs/", "/api/llm/models")) {
      assertThat(http.get(path).status()).isEqualTo(200);
    }
  }

  @Test
  void wrongPathsAndMethods_areProblems() {
    assertProblem(http.get("/nothing"), 404, "not_found");
    assertProblem(http.get("/api/llm/nothing/"), 404, "not_found");
    assertProblem(http.get("/api//llm/jobs/"), 400, "bad_request");
    Answer wrong = http.get(SUBMIT);
    // The path of one job matches too, and answers GET and DELETE.
    assertProblem(wrong, 405, "method_not_allowed");
    assertThat(wrong.header("Allow")).isEqualTo("OPTIONS, POST");
    Answer put = http.call("PUT", "/api/llm/models/", "{}");
    assertProblem(put, 405, "method_not_allowed");
    assertThat(put.header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
  }

  @Test
  void headAndOptions_answerWithoutABody() {
    Answer get = http.get("/api/llm/models/");
    Answer head = http.call("HEAD", "/api/llm/models/", "");
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.header("Content-Length")).isEqualTo(get.header("Content-Length"));
    Answer options = http.call("OPTIONS", "/api/llm/jobs/", "");
    assertThat(options.status()).isEqualTo(204);
    assertThat(options.header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
    assertThat(options.header("Access-Control-Allow-Origin")).isEmpty();
    assertThat(get.header("Server")).isEmpty();
  }

  @Test
  void accept_neverDecides() {
    for (String accept : List.of("text/html", "application/binary", "nonsense", ";q=", "*/*;q=x")) {
      assertThat(http.get("/api/llm/models/", "Accept", accept).status()).as(accept).isEqualTo(200);
    }
  }

  @Test
  void methodOverride_isIgnored() {
    String id = http.post(SUBMIT, PROMPT).text("job_id");
    stack.complete(id);
    Answer answer = http.get("/api/llm/jobs/" + id + "/", "X-HTTP-Method-Override", "DELETE");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(http.get("/api/llm/jobs/" + id + "/result/").status()).isEqualTo(200);
  }

  @Test
  void oversizeBody_answers413_whetherItsLengthIsToldOrNot() throws Exception {
    String big = "{\"model_id\":\"m\",\"full_input\":\"" + "x".repeat(60_000) + "\"}";
    assertProblem(http.post(SUBMIT, big), 413, "body_too_large");
    byte[] bytes = big.getBytes(StandardCharsets.UTF_8);
    var chunked =
        HttpRequest.newBuilder(stack.server.uri().resolve(SUBMIT))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))
            .build();
    var answer = HttpClient.newHttpClient().send(chunked, BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(stack.published).isEmpty();
  }

  @Test
  void connection_isSaidToClose_whenTheAnswerDidNotWaitForTheBody() throws IOException {
    String answer =
        http.raw(
            "POST "
                + SUBMIT
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 100000\r\n\r\n");
    assertThat(answer)
        .startsWith("HTTP/1.1 415 ")
        .containsIgnoringCase("\r\nConnection: close\r\n");
  }

  @Test
  void oversizeHeader_isAProblem() throws IOException {
    String answer =
        http.raw(
            "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Big: "
                + "x".repeat(20_000)
                + "\r\n\r\n");
    assertThat(answer)
        .startsWith("HTTP/1.1 431 ")
        .contains("application/problem+json")
        .contains("headers_too_large")
        .doesNotContain("Jetty");
  }

  @Test
  void smuggledRequest_isNotServed_whenAChunkExtensionHidesANewline() throws IOException {
    String victim = http.post(SUBMIT, PROMPT).text("job_id");
    String answer =
        http.raw(
            "POST /api/llm/jobs/submit/ HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "1;a=\"\r\nX\r\n0\r\n\r\n"
                + "POST /api/llm/jobs/"
                + victim
                + "/cancel/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Length: 0\r\n\r\n\"\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(answer.split("HTTP/1\\.1 ", -1)).hasSize(2);
    assertThat(http.get("/api/llm/jobs/" + victim + "/status/").text("status"))
        .isEqualTo("pending");
  }

  @Test
  void reboundName_isRefused_onLoopbackWithoutKeys() throws IOException {
    String answer =
        http.raw(
            "GET /api/llm/jobs/ HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 403 ").contains("host_not_allowed");
    for (String host : List.of("127.0.0.1.evil.example", "127.0.0.256", "127.1", "128.0.0.1")) {
      assertThat(
              http.raw(
                  "GET /api/llm/models HTTP/1.1\r\nHost: "
                      + host
                      + "\r\nConnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 403 ");
    }
    for (String host :
        List.of(
            "localhost",
            "LOCALHOST:9",
            "127.0.0.1:1",
            "127.0.0.2",
            "127.255.0.3:80",
            "[::1]:8080")) {
      assertThat(
              http.raw(
                  "GET /api/llm/models HTTP/1.1\r\nHost: "
                      + host
                      + "\r\nConnection: close\r\n\r\n"))
          .as(host)
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void pagesOfOtherSites_mayNotPost() {
    for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1.evil.example")) {
      assertProblem(http.post(SUBMIT, PROMPT, "Origin", origin), 403, "cross_site_request");
    }
    assertThat(stack.published).isEmpty();
    String own = stack.server.uri().toString();
    assertThat(http.post(SUBMIT, PROMPT, "Origin", own).status()).isEqualTo(202);
  }

  @Test
  void keys_areRequiredAndSeparateOwners() {
    try (TestStack shared = new TestStack(ApiConfig.loopback(0).withKeys(keys()))) {
      HttpProbe probe = new HttpProbe(shared.server.uri());
      String[] ann = {"Authorization", "Bearer key-a"};
      String[] bob = {"Authorization", "bearer key-b"};
      Answer nobody = probe.get("/api/llm/jobs/");
      assertProblem(nobody, 401, "unauthorized");
      assertThat(nobody.header("WWW-Authenticate")).startsWith("Bearer");
      for (String wrong : List.of("Bearer nope", "Basic key-a", "Bearer", "key-a")) {
        Answer refused = probe.get("/api/llm/models/", "Authorization", wrong);
        assertProblem(refused, 401, "unauthorized");
        assertThat(refused.body()).doesNotContain("key-a").doesNotContain("nope");
      }
      assertThat(probe.get("/livez").status()).isEqualTo(200);

      String id = probe.post(SUBMIT, PROMPT, ann).text("job_id");
      shared.complete(id);
      assertThat(shared.published.get(0).owner().name()).isEqualTo("ann");
      String base = "/api/llm/jobs/" + id;
      String unknown = "/api/llm/jobs/" + UUID.randomUUID();
      assertThat(probe.get(base + "/result/", ann).status()).isEqualTo(200);
      assertThat(probe.get(base + "/status/", ann).status()).isEqualTo(200);
      for (String action : List.of("/status/", "/result/")) {
        assertSameRefusal(probe.get(base + action, bob), probe.get(unknown + action, bob));
      }
      assertSameRefusal(
          probe.call("POST", base + "/cancel/", "", bob),
          probe.call("POST", unknown + "/cancel/", "", bob));
      assertSameRefusal(
          probe.call("DELETE", base + "/", "", bob), probe.call("DELETE", unknown + "/", "", bob));
      assertThat(probe.get("/api/llm/jobs/", bob).json().path("jobs")).isEmpty();
      probe.post(SUBMIT, PROMPT, ann);
      String token = probe.get("/api/llm/jobs/?page_size=1", ann).text("next_page_token");
      assertProblem(probe.get("/api/llm/jobs/?page_token=" + token, bob), 400, "invalid_parameter");
      assertThat(
              probe
                  .post(SUBMIT, PROMPT, "Authorization", "Bearer key-a", "Idempotency-Key", "k")
                  .text("job_id"))
          .isNotEqualTo(
              probe
                  .post(SUBMIT, PROMPT, "Authorization", "Bearer key-b", "Idempotency-Key", "k")
                  .text("job_id"));
    }
  }

  private static void assertSameRefusal(Answer others, Answer unknown) {
    assertThat(others.status()).isEqualTo(404);
    assertThat(others.body().replace(others.text("request_id"), "id"))
        .isEqualTo(unknown.body().replace(unknown.text("request_id"), "id"));
    assertThat(others.raw().headers().map().keySet())
        .isEqualTo(unknown.raw().headers().map().keySet());
  }

  @Test
  void openAddress_isRefusedWithoutKeys() {
    try (var store = new InMemoryJobStore()) {
      assertThatThrownBy(
              () ->
                  new ApiServer(
                      ApiConfig.loopback(0).withHost("0.0.0.0"),
                      store,
                      JobPublisher.NONE,
                      TestStack.catalog(),
                      Clock.systemUTC()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--api-keys");
    }
  }

  @Test
  void takenPort_failsToStart() {
    try (var store = new InMemoryJobStore();
        var second =
            new ApiServer(
                ApiConfig.loopback(stack.server.port()),
                store,
                JobPublisher.NONE,
                TestStack.catalog(),
                Clock.systemUTC())) {
      assertThatThrownBy(second::start).isInstanceOf(IOException.class);
    }
  }
}
