package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.api.http.SecurityHeaders;
import io.promptbeam.job.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every answer tells browsers and caches. */
class SecurityHeadersIT {
  private static final String SUBMIT = "/api/llm/jobs/submit";
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";

  private static void assertGuarded(String what, Map<String, String> headers) {
    assertThat(headers)
        .as(what)
        .containsEntry("content-security-policy", SecurityHeaders.DATA_POLICY)
        .containsEntry("x-content-type-options", "nosniff")
        .containsEntry("x-frame-options", "DENY")
        .containsEntry("referrer-policy", "no-referrer")
        .containsEntry("cross-origin-resource-policy", "same-origin")
        .doesNotContainKeys("server", "x-powered-by", "set-cookie", "access-control-allow-origin");
    assertThat(headers.get("cache-control")).as(what).containsAnyOf("no-store", "private");
  }

  private static void assertGuarded(String what, Answer answer) {
    Map<String, String> headers = new TreeMap<>();
    answer.raw().headers().map().forEach((name, values) -> headers.put(name, values.get(0)));
    assertGuarded(what + " " + answer.status(), headers);
  }

  private static void assertGuardedRaw(String answer) {
    Map<String, String> headers = new TreeMap<>();
    for (String line : List.of(answer.substring(0, answer.indexOf("\r\n\r\n")).split("\r\n", -1))) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2));
      }
    }
    assertGuarded(answer.substring(0, 12), headers);
  }

  @Test
  void everyRoute_isGuarded_whateverItAnswers() throws Exception {
    try (AttackedServer attacked = new AttackedServer(ApiLimits.DEFAULT)) {
      List<String> methods = List.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");
      String job = attacked.http.post(SUBMIT, PROMPT).text("job_id");
      for (String id : List.of(job, UUID.randomUUID().toString(), "nonsense")) {
        for (String path :
            List.of(
                "/api/llm/jobs",
                "/api/llm/jobs/submit",
                "/api/llm/trainer-analysis",
                "/api/llm/models",
                "/api/llm/usage",
                "/api/llm/jobs/:id",
                "/api/llm/jobs/:id/status",
                "/api/llm/jobs/:id/result",
                "/api/llm/jobs/:id/cancel",
                "/api/llm/jobs/:id/retry",
                "/v1/files",
                "/v1/files/:id",
                "/v1/files/:id/content",
                "/v1/batches",
                "/v1/batches/:id",
                "/v1/batches/:id/cancel",
                "/v1/batches/:id/results",
                "/v1/batches/:id/retry",
                "/v1/messages/batches",
                "/v1/messages/batches/:id",
                "/v1/messages/batches/:id/results",
                "/v1/messages/batches/:id/cancel",
                "/v1/models",
                "/v1/models/:id",
                "/livez",
                "/readyz",
                "/",
                "/nothing")) {
          for (String method : methods) {
            String target = path.replace(":id", id);
            assertGuarded(method + " " + target, attacked.http.call(method, target, ""));
          }
        }
      }
      assertThat(attacked.raw("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"))
          .satisfies(SecurityHeadersIT::assertGuardedRaw);
      assertThat(attacked.raw("GET /livez HTTP/1.1\r\nX: " + "x".repeat(20_000) + "\r\n\r\n"))
          .satisfies(SecurityHeadersIT::assertGuardedRaw);
      assertThat(
              attacked.raw("GET /%2e%2e HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
          .satisfies(SecurityHeadersIT::assertGuardedRaw);
    }
  }

  @Test
  void polls_keepTheirTags() throws IOException {
    try (TestStack stack = new TestStack(ApiConfig.loopback(0))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      String id = http.post(SUBMIT, PROMPT).text("job_id");
      stack.complete(id);
      for (String action : List.of("/status", "/result")) {
        Answer fresh = http.get("/api/llm/jobs/" + id + action);
        assertThat(fresh.header("Cache-Control")).isEqualTo("private, no-cache");
        Answer same =
            http.get("/api/llm/jobs/" + id + action, "If-None-Match", fresh.header("ETag"));
        assertThat(same.status()).isEqualTo(304);
        assertGuarded(action, same);
      }
      stack.storeFails = true;
      assertGuarded("store", http.get("/api/llm/jobs/" + UUID.randomUUID() + "/status"));
    }
  }

  @Test
  void pages_areGuardedByAPolicyOfTheirOwn_alsoWhenTheyAreTheSame() {
    try (TestStack stack = new TestStack(ApiConfig.loopback(0))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      for (String page : List.of("/docs/", "/console/")) {
        Answer fresh = http.get(page);
        Answer same = http.get(page, "If-None-Match", fresh.header("ETag"));
        assertThat(same.status()).isEqualTo(304);
        for (Answer answer : List.of(fresh, same)) {
          assertThat(answer.header("Content-Security-Policy"))
              .as(page)
              .isEqualTo(SecurityHeaders.PAGE_POLICY);
          assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
          assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
          assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        }
      }
      for (String data : List.of("/openapi.yaml", "/docs/docs.js", "/docs/nothing.js")) {
        assertThat(http.get(data).header("Content-Security-Policy"))
            .as(data)
            .isEqualTo(SecurityHeaders.DATA_POLICY);
      }
    }
  }

  @Test
  void strangers_areTurnedAwayGuarded() {
    String hash = Sha256.hex("key-a".getBytes(StandardCharsets.UTF_8));
    ApiKeys keys = ApiKeys.parse(List.of("ann " + hash), "keys");
    try (TestStack stack = new TestStack(ApiConfig.loopback(0).withKeys(keys))) {
      HttpProbe http = new HttpProbe(stack.server.uri());
      for (String path : List.of("/api/llm/jobs", "/v1/batches", "/v1/messages/batches")) {
        Answer refused = http.get(path);
        assertThat(refused.status()).isEqualTo(401);
        assertGuarded(path, refused);
      }
    }
  }

  @Test
  void pages_runOnlyScriptsThatAreFilesOfOurs() {
    assertThat(SecurityHeaders.policy("text/html; charset=utf-8").value())
        .isEqualTo(SecurityHeaders.PAGE_POLICY)
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "http:", "https:", "*");
    assertThat(SecurityHeaders.policy("application/json").value())
        .isEqualTo(SecurityHeaders.DATA_POLICY);
    assertThat(SecurityHeaders.policy("").value()).isEqualTo(SecurityHeaders.DATA_POLICY);
  }
}
