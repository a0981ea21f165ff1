package io.promptbeam.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.HttpProbe.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests nobody sends in good faith, against a server with all its routes. */
class HttpAttacksIT {
  private static final String SUBMIT = "/api/llm/jobs/submit";
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";
  private static final String POST =
      "POST /api/llm/jobs/submit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

  /** A second request, which no first one may bring in. */
  private static final String SMUGGLED =
      "GET /api/llm/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  private static AttackedServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new AttackedServer(ApiLimits.DEFAULT.withMaxBodyBytes(300_000));
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  @AfterEach
  void server_stillServes() {
    assertThat(server.http.post(SUBMIT, PROMPT).status()).isEqualTo(202);
  }

  private static int statusOf(String raw) throws IOException {
    String answer = server.raw(raw);
    assertThat(answer.split("HTTP/1\\.[01] \\d", -1)).as(answer).hasSize(2);
    assertThat(answer).doesNotContainIgnoringCase("jetty").doesNotContain("Exception");
    return Integer.parseInt(answer.substring(9, 12));
  }

  private static String get(String target, String... headers) {
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        + String.join("\r\n", headers)
        + (headers.length == 0 ? "" : "\r\n")
        + "\r\n";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 400\r\n\r\n0\r\n\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
        "Content-Length: 2, 2\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 99999999999999999999\r\n\r\n{}",
        "Content-Length : 2\r\n\r\n{}",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "X-Nul: a\u0000b\r\nContent-Length: 2\r\n\r\n{}",
        "X-Cr: a\rContent-Length: 2\r\n\r\n{}",
        "X-Lf: a\nContent-Length: 2\r\n\r\n{}",
        "No colon\r\nContent-Length: 2\r\n\r\n{}"
      })
  void framing_isRefused_whenItCanBeReadInTwoWays(String framing) throws IOException {
    assertThat(statusOf(POST + framing + SMUGGLED)).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1;a=\"\r\nX\r\n0\r\n\r\n",
        "-1\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2\r\n{}X\r\n0\r\n\r\n"
      })
  void chunks_areRefused_whenMalformed(String chunks) throws IOException {
    assertThat(statusOf(CHUNKED + chunks + SMUGGLED)).isEqualTo(400);
  }

  @Test
  void chunks_areBounded_whereNoLengthIsTold() throws IOException {
    assertThat(
            statusOf(CHUNKED + ("1000\r\n" + "x".repeat(4_096) + "\r\n").repeat(100) + "0\r\n\r\n"))
        .isEqualTo(413);
    assertThat(statusOf(CHUNKED + "2;a=" + "b".repeat(100_000) + "\r\n{}\r\n0\r\n\r\n"))
        .isEqualTo(400);
    assertThat(statusOf(CHUNKED + "2\r\n{}\r\n0\r\n" + "X: y\r\n".repeat(20_000) + "\r\n"))
        .isEqualTo(400);
  }

  @Test
  void transferCodings_areRefused_beyondChunked() throws IOException {
    String gzipped = POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n";
    assertThat(statusOf(gzipped + SMUGGLED)).isEqualTo(501);
  }

  @Test
  void bodyThatIsTooLong_isRefused_beforeItComes() throws IOException {
    assertThat(statusOf(POST + "Content-Length: 1000000000\r\n\r\nxx")).isEqualTo(413);
  }

  @Test
  void headersAndTargets_areBounded() throws IOException {
    String[] many = new String[5_000];
    java.util.Arrays.fill(many, "X: y");
    assertThat(statusOf(get("/livez", many))).isEqualTo(431);
    assertThat(statusOf(get("/livez", "X-Big: " + "x".repeat(20_000)))).isEqualTo(431);
    assertThat(statusOf(get("/livez?" + "a".repeat(20_000)))).isEqualTo(414);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//livez",
        "/./livez",
        "/a/../livez",
        "/%2e%2e/livez",
        "/%u002e/livez",
        "/livez;x=y",
        "/livez;",
        "/livez%00",
        "/livez%0d%0aX:y",
        "/livez%",
        "/LIVEZ",
        "/api/llm%2fmodels",
        "/api\\llm/models",
        "/api/llm/models%5c",
        "/api/llm/models;x",
        "/api/llm/jobs/%2e%2e/status",
        "/api/llm/jobs/..%2f..%2flivez/status",
        "/v1/files/..%2f/content",
        "/v1/files/a%00b",
        "/v1/files/%ff%fe",
        "livez",
        "*",
        "http://evil.example/livez"
      })
  void path_leadsNowhere_whenItIsATrick(String path) throws IOException {
    assertThat(statusOf(get(path))).isIn(400, 404);
  }

  @Test
  void host_isRequiredOnceAndWellFormed() throws IOException {
    String line = "GET /livez HTTP/1.1\r\n";
    String close = "Connection: close\r\n\r\n";
    for (String host :
        List.of(
            "",
            "Host:\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "Host: localhost@evil.example\r\n",
            "Host: local host\r\n")) {
      assertThat(statusOf(line + host + close)).as(host).isEqualTo(400);
    }
    assertThat(statusOf("GET /livez HTTP/1.0\r\n\r\n")).isEqualTo(403);
    assertThat(statusOf("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")).isEqualTo(200);
  }

  @Test
  void versions_areRefused_beyondOne() throws IOException {
    assertThat(statusOf("GET /livez\r\n\r\n")).isIn(400, 505);
    assertThat(statusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).isEqualTo(426);
    assertThat(server.raw(get("/livez", "Connection: Upgrade", "Upgrade: h2c")))
        .doesNotContain("101 Switching");
  }

  @Test
  void methods_areRefused_thatNoRouteHas() throws IOException {
    for (String method : List.of("TRACE", "PROPFIND", "get", "delete", "Head")) {
      String answer = server.raw(get("/livez", "Cookie: tasty").replaceFirst("GET", method));
      assertThat(answer).as(method).startsWith("HTTP/1.1 405 ").doesNotContain("tasty");
    }
    assertThat(statusOf("CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n"))
        .isEqualTo(403);
    assertThat(statusOf(get("*").replaceFirst("GET", "OPTIONS"))).isEqualTo(404);
  }

  @Test
  void pipelinedRequests_areAnsweredInTurn() throws IOException {
    String many = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(199);
    assertThat(server.raw(many + get("/livez")).split("HTTP/1\\.1 200 ", -1)).hasSize(201);
  }

  /** Every route that takes JSON. */
  private static final List<String> TAKERS =
      List.of(SUBMIT, "/api/llm/trainer-analysis", "/v1/batches", "/v1/messages/batches");

  private static Answer post(String route, String json) {
    // Where a body that is no submission would be refused before it is read, as part of a good one.
    String body =
        route.equals("/v1/messages/batches")
            ? "{\"requests\":[{\"custom_id\":\"a\",\"params\":" + json + "}]}"
            : json;
    Answer answer = server.http.post(route, body);
    assertThat(answer.body()).doesNotContain("Exception").doesNotContain("StackOverflow");
    return answer;
  }

  @Test
  void json_isRefused_whenItIsMeantToBreakAReader() {
    List<String> bodies =
        List.of(
            "[".repeat(10_000) + "]".repeat(10_000),
            "[".repeat(100_000),
            "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
            "{\"full_input\":1e999999999}",
            "{\"full_input\":" + "9".repeat(200_000) + "}",
            "{\"full_input\":1,\"full_input\":2}",
            "{\"full_input\":1,\"full\\u005finput\":2}",
            "{\"full_input\":NaN}",
            "{\"full_input\":\"\u0000\"}");
    for (String route : TAKERS) {
      for (String body : bodies) {
        String shown = route + " " + body.substring(0, Math.min(40, body.length()));
        assertThat(post(route, body).status()).as(shown).isEqualTo(400);
      }
    }
  }

  @Test
  void json_isRefused_whenItIsNotUtf8() throws IOException {
    for (String route : TAKERS) {
      for (String bad :
          List.of("\u00ff\u00fe", "\u00c0\u00af", "\u00ed\u00a0\u0080", "\u00e2\u0082")) {
        String body = PROMPT.replace("hello", bad);
        if (route.equals("/v1/messages/batches")) {
          body = "{\"requests\":[{\"custom_id\":\"a\",\"params\":" + body + "}]}";
        }
        String head = POST.replace(SUBMIT, route) + "Connection: close\r\nContent-Length: ";
        String answer = server.raw(head + body.length() + "\r\n\r\n" + body);
        assertThat(answer).as(route).startsWith("HTTP/1.1 400 ").contains("not UTF-8");
      }
    }
    String wide = new String(PROMPT.getBytes(UTF_16LE), ISO_8859_1);
    assertThat(
            statusOf(
                POST + "Connection: close\r\nContent-Length: " + wide.length() + "\r\n\r\n" + wide))
        .isEqualTo(400);
  }

  @Test
  void compressedBodies_areRefused_unread() throws IOException {
    for (String route : TAKERS) {
      for (String coding : List.of("gzip", "deflate", "br", "gzip, gzip")) {
        assertThat(server.http.post(route, PROMPT, "Content-Encoding", coding).status())
            .as(route)
            .isEqualTo(415);
      }
    }
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[50_000_000]);
    }
    String upload =
        "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
            + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ";
    String body = bomb.toString(ISO_8859_1);
    assertThat(statusOf(upload + body.length() + "\r\n\r\n" + body)).isEqualTo(415);
  }

  @Test
  void formsOfManyOrLargeParts_areRefused() throws IOException {
    String head =
        "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ";
    String part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";
    String headers = "--b\r\n" + "X-Y: z\r\n".repeat(10_000) + "\r\n1\r\n--b--\r\n";
    String field =
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
            + "x".repeat(100_000)
            + "\r\n--b--\r\n";
    for (String body : List.of(part.repeat(5_000) + "--b--\r\n", headers, field)) {
      assertThat(statusOf(head + body.length() + "\r\n\r\n" + body)).isEqualTo(400);
    }
  }
}
