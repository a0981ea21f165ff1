package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.job.Calls;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The polling API's contract, over HTTP. */
class ApiServerIT {
  private static final String PROMPT = "{\"model_id\":\"m\",\"full_input\":\"Say hello.\"}";

  private final TestStack stack = new TestStack(ApiConfig.loopback(0));
  private final HttpProbe http = new HttpProbe(stack.server.uri());

  @AfterEach
  void stop() {
    stack.close();
  }

  private String submit() {
    Answer answer = http.post("/api/llm/jobs/submit/", PROMPT);
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
    return answer.text("job_id");
  }

  private static String job(String id, String action) {
    return "/api/llm/jobs/" + id + "/" + action;
  }

  private static void assertProblem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.text("type")).isEqualTo("urn:promptbeam:problem:" + code);
    assertThat(answer.text("code")).isEqualTo(code);
    assertThat(answer.json().path("status").intValue()).isEqualTo(status);
    assertThat(answer.text("title")).isNotEmpty();
    assertThat(answer.text("detail")).isNotEmpty();
    assertThat(answer.text("request_id")).isNotEmpty().isEqualTo(answer.header("X-Request-Id"));
  }

  @Test
  void submit_answers202_andDispatchesTheJob() {
    Answer answer = http.post("/api/llm/jobs/submit/", PROMPT);
    assertThat(answer.status()).isEqualTo(202);
    String id = answer.text("job_id");
    assertThat(UUID.fromString(id)).isNotNull();
    assertThat(answer.text("status")).isEqualTo("pending");
    assertThat(answer.text("status_url")).isEqualTo(job(id, "status/"));
    assertThat(answer.text("result_url")).isEqualTo(job(id, "result/"));
    assertThat(answer.header("Location")).isEqualTo(job(id, "status/"));
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(answer.json().path("poll_after_ms").intValue()).isEqualTo(500);
    assertThat(Instant.parse(answer.text("created_at"))).isNotNull();
    assertThat(stack.published).hasSize(1);
    assertThat(stack.published.get(0).jobId()).hasToString(id);
    assertThat(stack.memory.due()).as("until it has ended").hasSize(1);
  }

  @Test
  void trainerAnalysis_worksAsTheBrowserClientUsesIt() {
    String id =
        http.post(
                "/api/llm/trainer-analysis/",
                "{\"model_id\":\"m\",\"question_id\":\"q123\",\"system_message\":\"s\","
                    + "\"full_input\":\"x\"}")
            .text("job_id");
    Answer pending = http.get(job(id, "status/"));
    assertThat(pending.json().path("is_complete").booleanValue()).isFalse();
    assertThat(pending.json().has("result_data")).isFalse();
    stack.complete(id);
    JsonNode status = http.get(job(id, "status/")).json();
    assertThat(status.path("is_complete").booleanValue()).isTrue();
    assertThat(status.path("job_type").asText()).isEqualTo("trainer_question_analysis");
    assertThat(status.path("result_data").path("output_text").asText()).isEqualTo("Hello.");
    assertThat(http.get("/api/llm/jobs/?question_id=q123").json().path("jobs")).hasSize(1);
    assertThat(http.get("/api/llm/jobs/?question_id=q").json().path("jobs")).isEmpty();
  }

  @Test
  void status_hasEveryField_inEachState() {
    String id = submit();
    JsonNode pending = http.get(job(id, "status/")).json();
    for (String field :
        List.of("started_at", "completed_at", "processing_time_ms", "error_message", "error")) {
      assertThat(pending.has(field)).as(field).isTrue();
      assertThat(pending.path(field).isNull()).as(field).isTrue();
    }
    assertThat(pending.path("job_id").asText()).isEqualTo(id);
    assertThat(pending.path("model_id").asText()).isEqualTo("m");
    assertThat(pending.path("job_type").asText()).isEqualTo("generic");
    assertThat(pending.path("status").asText()).isEqualTo("pending");
    assertThat(pending.path("attempt").intValue()).isZero();
    assertThat(pending.path("max_attempts").intValue()).isEqualTo(3);
    stack.claim(id);
    Answer processing = http.get(job(id, "status/"));
    assertThat(processing.text("status")).isEqualTo("processing");
    assertThat(processing.header("Retry-After")).isEqualTo("1");
    assertThat(Instant.parse(processing.text("started_at"))).isNotNull();
    stack.finish(id);
    Answer completed = http.get(job(id, "status/"));
    assertThat(completed.text("status")).isEqualTo("completed");
    assertThat(completed.header("Retry-After")).isEmpty();
    assertThat(completed.json().path("processing_time_ms").isIntegralNumber()).isTrue();
    assertThat(completed.json().path("poll_after_ms").intValue()).isZero();
    assertThat(completed.body()).contains("\"response\":" + TestStack.ANSWER);
  }

  @Test
  void detail_hasStatusLabelsRequestAndTimeline_inEachState() {
    String id =
        http.post(
                "/api/llm/jobs/submit/",
                "{\"model_id\":\"m\",\"full_input\":\"Say hello.\",\"system_message\":\"Be brief.\","
                    + "\"params\":{\"temperature\":0.50},\"metadata\":{\"zone\":\"eu\"}}")
            .text("job_id");
    String path = "/api/llm/jobs/" + id;
    Answer pending = http.get(path);
    assertThat(pending.status()).isEqualTo(200);
    assertThat(pending.header("Cache-Control")).isEqualTo("no-store");
    assertThat(pending.header("Retry-After")).isEqualTo("1");
    assertThat(pending.text("owner")).isEqualTo("local");
    assertThat(pending.json().at("/metadata/zone").asText()).isEqualTo("eu");
    assertThat(pending.json().at("/waiting/reason").asText()).isEqualTo("queued");
    assertThat(pending.json().at("/request/full_input").asText()).isEqualTo("Say hello.");
    assertThat(pending.json().at("/request/system_message").asText()).isEqualTo("Be brief.");
    assertThat(pending.body()).contains("\"params\":{\"temperature\":0.50}");
    assertThat(pending.json().has("result_data")).isFalse();
    http.get(job(id, "status/"))
        .json()
        .fieldNames()
        .forEachRemaining(field -> assertThat(pending.json().has(field)).as(field).isTrue());
    http.get("/api/llm/jobs/")
        .json()
        .at("/jobs/0")
        .fieldNames()
        .forEachRemaining(field -> assertThat(pending.json().has(field)).as(field).isTrue());

    stack.complete(id);
    Answer done = http.get(path + "/");
    assertThat(done.header("Retry-After")).isEmpty();
    assertThat(done.json().path("timeline").findValuesAsText("event"))
        .containsExactly("submitted", "claimed", "called", "completed");
    assertThat(done.json().at("/result_data/output_text").asText()).isEqualTo("Hello.");

    assertThat(http.call("DELETE", path, "").status()).isEqualTo(204);
    Answer erased = http.get(path);
    assertThat(erased.json().path("request").isNull()).isTrue();
    assertThat(erased.json().path("result_data").isNull()).isTrue();
    assertThat(erased.body()).doesNotContain("hello").doesNotContain("Hello.");
    assertThat(erased.json().path("timeline")).hasSize(4);
  }

  @Test
  void status_answers304_untilTheJobChanges() {
    String id = submit();
    Answer first = http.get(job(id, "status/"));
    String tag = first.header("ETag");
    // Weak: where it waits may change in between.
    assertThat(tag).matches("W/\"[A-Za-z0-9_-]+\\.queued-\\?\"");
    Answer same = http.get(job(id, "status/"), "If-None-Match", "\"x\", " + tag);
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(same.header("ETag")).isEqualTo(tag);
    assertThat(same.header("Content-Type")).isEmpty();
    stack.complete(id);
    Answer changed = http.get(job(id, "status/"), "If-None-Match", tag);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("ETag")).isNotEqualTo(tag);
    Answer cached = http.get(job(id, "status/"), "If-None-Match", changed.header("ETag"));
    assertThat(cached.status()).isEqualTo(304);
  }

  @Test
  void waitingPoll_isAnswered_whenTheStateChanges() throws InterruptedException {
    String id = submit();
    CompletableFuture<Answer> poll =
        http.callLater("GET", job(id, "status/"), "", "Prefer", "respond-async, wait=30");
    assertThat(stack.bulkRead.await(20, TimeUnit.SECONDS)).as("somebody watches").isTrue();
    assertThat(poll).isNotDone();
    stack.complete(id);
    Answer answer = poll.join();
    // A tick may fall between claim and completion.
    assertThat(answer.text("status")).isIn("processing", "completed");
    assertThat(answer.header("Preference-Applied")).isEqualTo("wait=30");
  }

  @Test
  void waitingPoll_isAnsweredWithTheOldState_whenTimeIsUp() {
    String id = submit();
    Answer answer = http.get(job(id, "status/"), "Prefer", "wait=1");
    assertThat(answer.text("status")).isEqualTo("pending");
    assertThat(answer.header("Preference-Applied")).isEqualTo("wait=1");
  }

  @Test
  void waitingPoll_isAnsweredAtOnce_whenTheCallerHasAnOlderState() {
    String id = submit();
    Answer answer = http.get(job(id, "status/"), "Prefer", "wait=30", "If-None-Match", "\"old\"");
    assertThat(answer.status()).isEqualTo(200);
  }

  @Test
  void waitingPoll_isAnsweredAtOnce_whenTooManyWait() {
    ApiConfig config = ApiConfig.loopback(0).withLimits(ApiLimits.DEFAULT.withMaxWaiters(0));
    try (TestStack busy = new TestStack(config)) {
      HttpProbe probe = new HttpProbe(busy.server.uri());
      String id = probe.post("/api/llm/jobs/submit/", PROMPT).text("job_id");
      Answer answer = probe.get(job(id, "status/"), "Prefer", "wait=30");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Preference-Applied")).isEmpty();
    }
  }

  @Test
  void result_followsTheJob() {
    String id = submit();
    Answer pending = http.get(job(id, "result/"));
    assertThat(pending.status()).isEqualTo(202);
    assertThat(pending.header("Retry-After")).isEqualTo("1");
    assertThat(pending.text("status")).isEqualTo("pending");
    stack.complete(id);
    Answer done = http.get(job(id, "result/"));
    assertThat(done.status()).isEqualTo(200);
    assertThat(done.text("status")).isEqualTo("completed");
    assertThat(done.body()).contains("\"response\":" + TestStack.ANSWER);
    assertThat(done.body()).contains("\"cost_usd\":0.0000045");
    assertThat(done.json().path("usage").path("total_tokens").intValue()).isEqualTo(15);
    assertThat(done.json().path("metadata").isObject()).isTrue();
    assertThat(http.call("DELETE", "/api/llm/jobs/" + id + "/", "").status()).isEqualTo(204);
    assertProblem(http.get(job(id, "result/")), 410, "job_erased");
    Answer erased = http.get(job(id, "status/"));
    assertThat(erased.text("status")).isEqualTo("completed");
    assertThat(erased.json().path("result_data").isNull()).isTrue();
    assertThat(erased.body()).doesNotContain("Hello.");
    assertThat(http.call("DELETE", "/api/llm/jobs/" + id, "").status()).isEqualTo(204);
  }

  @Test
  void result_answers409WithTheError_whenTheJobFailed() {
    String id = submit();
    stack.claim(id);
    JobError error = new JobError("invalid_request", "The provider refused.", Optional.of(400));
    stack.apply(id, new JobEvent.Fail("token", error, Calls.NONE), Optional.empty());
    Answer answer = http.get(job(id, "result/"));
    assertProblem(answer, 409, "job_failed");
    assertThat(answer.json().path("error").path("code").asText()).isEqualTo("invalid_request");
    JsonNode status = http.get(job(id, "status/")).json();
    assertThat(status.path("is_complete").booleanValue()).isTrue();
    assertThat(status.path("error_message").asText()).isEqualTo("The provider refused.");
    assertThat(status.path("error").path("provider_status").intValue()).isEqualTo(400);
    assertThat(status.has("result_data")).isFalse();
  }

  @Test
  void cancel_endsAWaitingJob_andAsksForACalledOne() {
    String waiting = submit();
    Answer cancelled = http.call("POST", job(waiting, "cancel/"), "");
    assertThat(cancelled.status()).isEqualTo(200);
    assertThat(cancelled.text("status")).isEqualTo("cancelled");
    assertProblem(http.call("POST", job(waiting, "cancel/"), ""), 409, "job_already_ended");
    assertProblem(http.get(job(waiting, "result/")), 409, "job_cancelled");

    String called = submit();
    stack.claim(called);
    for (int i = 0; i < 2; i++) {
      Answer asked = http.call("POST", job(called, "cancel/"), "");
      assertThat(asked.status()).isEqualTo(202);
      assertThat(asked.text("status")).isEqualTo("processing");
      assertThat(asked.json().path("cancel_requested").booleanValue()).isTrue();
    }
    assertProblem(http.call("DELETE", "/api/llm/jobs/" + called + "/", ""), 409, "job_not_ended");
  }

  @Test
  void list_isNewestFirst_filteredAndPaged() {
    List<String> newestFirst = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      newestFirst.add(0, submit());
    }
    stack.complete(newestFirst.get(2));
    List<String> seen = new ArrayList<>();
    String token = "";
    do {
      Answer page = http.get("/api/llm/jobs/?page_size=2&page_token=" + token);
      assertThat(page.status()).as(page.body()).isEqualTo(200);
      page.json().path("jobs").forEach(job -> seen.add(job.path("job_id").asText()));
      JsonNode next = page.json().path("next_page_token");
      token = next.isNull() ? "" : next.asText();
    } while (!token.isEmpty());
    assertThat(seen).containsExactlyInAnyOrderElementsOf(newestFirst);
    JsonNode all = http.get("/api/llm/jobs").json().path("jobs");
    for (int i = 1; i < all.size(); i++) {
      assertThat(all.get(i).path("created_at").asText())
          .isLessThanOrEqualTo(all.get(i - 1).path("created_at").asText());
    }
    JsonNode completed = http.get("/api/llm/jobs/?status=completed&model_id=m").json();
    assertThat(completed.path("jobs")).hasSize(1);
    assertThat(completed.path("jobs").get(0).has("result_data")).isFalse();
    assertThat(http.get("/api/llm/jobs/?created_before=2020-01-01T00:00:00Z").json().path("jobs"))
        .isEmpty();
    assertThat(
            http.get("/api/llm/jobs/?created_after=2020-01-01T00:00:00+00:00").json().path("jobs"))
        .hasSize(5);
  }

  @Test
  void list_findsText_inWhatTheCallerCallsItsJobsBy() {
    String blue =
        http.post(
                "/api/llm/jobs/submit/",
                "{\"model_id\":\"m\",\"full_input\":\"green\",\"metadata\":{\"team\":\"Dark Blue\"}}")
            .text("job_id");
    submit();
    assertThat(http.get("/api/llm/jobs/?text=K%20bLUE").json().at("/jobs/0/job_id").asText())
        .isEqualTo(blue);
    assertThat(http.get("/api/llm/jobs/?text=").json().path("jobs")).hasSize(2);
    assertThat(http.get("/api/llm/jobs/?text=blue&status=failed").json().path("jobs")).isEmpty();
    for (String text : List.of("green", "team", "hello", "%25", "generic")) {
      assertThat(http.get("/api/llm/jobs/?text=" + text).json().path("jobs")).as(text).isEmpty();
    }
    assertThat(http.get("/api/llm/jobs/?text=" + "x".repeat(100)).status()).isEqualTo(200);
    Answer tooLong = http.get("/api/llm/jobs/?text=" + "x".repeat(101));
    assertProblem(tooLong, 400, "invalid_parameter");
    assertThat(tooLong.text("field")).isEqualTo("text");
    String token = http.get("/api/llm/jobs/?page_size=1").text("next_page_token");
    assertProblem(
        http.get("/api/llm/jobs/?page_size=1&text=blue&page_token=" + token),
        400,
        "invalid_parameter");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status=done",
        "page_size=0",
        "page_size=101",
        "page_size=x",
        "created_after=yesterday",
        "page_token=abc",
        "page_token=!",
        "colour=red",
        "status=failed&status=pending",
        "status=%zz"
      })
  void list_answers400NamingTheParameter_whenTheQueryIsWrong(String query) {
    Answer answer = http.get(rawQuery(query));
    assertProblem(answer, 400, "invalid_parameter");
    assertThat(answer.text("field")).isNotEmpty();
  }

  private static String rawQuery(String query) {
    // java.net.URI does not take a broken percent sign; this one arrives as %25zz otherwise.
    return "/api/llm/jobs/?" + query.replace("%zz", "%25zz");
  }

  @Test
  void pageToken_isRefused_underAnotherFilter() {
    submit();
    submit();
    String token = http.get("/api/llm/jobs/?page_size=1").text("next_page_token");
    assertThat(http.get("/api/llm/jobs/?page_size=2&page_token=" + token).status()).isEqualTo(200);
    assertProblem(
        http.get("/api/llm/jobs/?status=pending&page_token=" + token), 400, "invalid_parameter");
  }

  @Test
  void models_showLimitsAndPrices_butNoAddressOrSecret() {
    Answer answer = http.get("/api/llm/models/");
    JsonNode model = answer.json().path("models").get(0);
    assertThat(model.path("id").asText()).isEqualTo("m");
    assertThat(model.path("provider").asText()).isEqualTo("openai");
    assertThat(model.path("limits").path("requests_per_minute").intValue()).isEqualTo(60);
    assertThat(model.path("limits").path("tokens_per_minute").isNull()).isTrue();
    assertThat(model.path("price_per_million_tokens").path("output").decimalValue())
        .isEqualByComparingTo("0.6");
    assertThat(answer.body()).doesNotContain("secret").doesNotContain("SECRET");
  }

  @Test
  void idempotencyKey_replaysTheFirstAnswer_andRefusesAnotherBody() {
    Answer first = http.post("/api/llm/jobs/submit/", PROMPT, "Idempotency-Key", "k 1");
    stack.complete(first.text("job_id"));
    Answer again = http.post("/api/llm/jobs/submit", PROMPT, "Idempotency-Key", "k 1");
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(stack.published).hasSize(1);
    Answer other =
        http.post(
            "/api/llm/jobs/submit/", PROMPT.replace("hello", "goodbye"), "Idempotency-Key", "k 1");
    assertProblem(other, 422, "idempotency_key_reused");
    assertProblem(
        http.post("/api/llm/jobs/submit/", PROMPT, "Idempotency-Key", "k".repeat(256)),
        400,
        "invalid_value");
  }

  @Test
  void refusedSubmissions_nameTheField_andStoreNothing() {
    Answer unknown =
        http.post("/api/llm/jobs/submit/", "{\"model_id\":\"x\",\"full_input\":\"p\"}");
    assertProblem(unknown, 400, "unknown_model");
    assertThat(unknown.text("field")).isEqualTo("model_id");
    Answer malformed = http.post("/api/llm/jobs/submit/", "{\"full_input\":\n \"secret\" oops}");
    assertProblem(malformed, 400, "malformed_json");
    assertThat(malformed.json().path("line").intValue()).isEqualTo(2);
    assertThat(malformed.body()).doesNotContain("secret").doesNotContain("oops");
    assertProblem(
        http.post("/api/llm/jobs/submit/", "{\"model_id\":\"m\",\"model_id\":\"m\"}"),
        400,
        "malformed_json");
    assertProblem(http.post("/api/llm/jobs/submit/", ""), 400, "malformed_json");
    assertProblem(
        http.call("POST", "/api/llm/jobs/submit/", PROMPT, "Content-Type", "text/plain"),
        415,
        "unsupported_media_type");
    assertProblem(
        http.call("POST", "/api/llm/jobs/submit/", PROMPT), 415, "unsupported_media_type");
    assertThat(http.get("/api/llm/jobs/").json().path("jobs")).isEmpty();
    assertThat(stack.published).isEmpty();
  }

  @Test
  void unknownJobs_answer404_onEveryPath() {
    for (String id : List.of(UUID.randomUUID().toString(), "not-a-uuid")) {
      assertProblem(http.get(job(id, "status/")), 404, "job_not_found");
      assertProblem(http.get(job(id, "result/")), 404, "job_not_found");
      assertProblem(http.get("/api/llm/jobs/" + id), 404, "job_not_found");
      assertProblem(http.call("POST", job(id, "cancel/"), ""), 404, "job_not_found");
      assertProblem(http.call("DELETE", "/api/llm/jobs/" + id, ""), 404, "job_not_found");
    }
  }

  @Test
  void publishing_thatFailsOrHangs_stillAnswers202() {
    ApiConfig config =
        ApiConfig.loopback(0).withTimeouts(Duration.ofMillis(20), Duration.ofSeconds(10));
    try (TestStack other = new TestStack(config)) {
      HttpProbe probe = new HttpProbe(other.server.uri());
      other.publishAnswer = CompletableFuture.failedFuture(new IllegalStateException("down"));
      assertThat(probe.post("/api/llm/jobs/submit/", PROMPT).status()).isEqualTo(202);
      other.publishAnswer = new CompletableFuture<>();
      assertThat(probe.post("/api/llm/jobs/submit/", PROMPT).status()).isEqualTo(202);
      assertThat(other.memory.due()).hasSize(2);
    }
  }

  @Test
  void store_thatFails_answers503_andShowsInReadiness() {
    assertThat(http.get("/livez").status()).isEqualTo(200);
    assertThat(http.get("/readyz/").status()).isEqualTo(200);
    stack.storeFails = true;
    Answer refused = http.post("/api/llm/jobs/submit/", PROMPT);
    assertProblem(refused, 503, "store_unavailable");
    assertThat(refused.header("Retry-After")).isNotEmpty();
    assertThat(refused.body()).doesNotContain("secret");
    assertProblem(http.get(job(UUID.randomUUID().toString(), "status/")), 503, "store_unavailable");
    Answer ready = http.get("/readyz");
    assertThat(ready.status()).isEqualTo(503);
    assertThat(ready.json().path("checks").path("store").asText()).isEqualTo("unreachable");
    assertThat(http.get("/livez/").status()).isEqualTo(200);
  }

  @Test
  void cachedAnswers_areTheStoresAnswers_byteForByte() {
    ApiConfig config = ApiConfig.loopback(0).withLimits(ApiLimits.DEFAULT.withCacheBytes(0));
    String id = submit();
    stack.complete(id);
    for (String action : List.of("status/", "result/")) {
      Answer fresh = http.get(job(id, action));
      stack.storeFails = true; // so the next can only come from the cache
      Answer cached = http.get(job(id, action));
      stack.storeFails = false;
      assertThat(cached.status()).isEqualTo(200);
      assertThat(cached.body()).isEqualTo(fresh.body());
      assertThat(cached.header("ETag")).isEqualTo(fresh.header("ETag"));
    }
    try (TestStack uncached = new TestStack(config)) {
      HttpProbe probe = new HttpProbe(uncached.server.uri());
      String other = probe.post("/api/llm/jobs/submit/", PROMPT).text("job_id");
      uncached.complete(other);
      assertThat(probe.get(job(other, "result/")).body())
          .isEqualTo(probe.get(job(other, "result/")).body());
      uncached.storeFails = true;
      assertProblem(probe.get(job(other, "result/")), 503, "store_unavailable");
    }
  }

  @Test
  void servers_runSideBySide_andOneAfterTheOther() {
    String id = submit();
    for (int i = 0; i < 3; i++) {
      try (TestStack other = new TestStack(ApiConfig.loopback(0))) {
        HttpProbe probe = new HttpProbe(other.server.uri());
        assertProblem(probe.get(job(id, "status/")), 404, "job_not_found");
        assertThat(http.get(job(id, "status/")).status()).isEqualTo(200);
      }
    }
    assertThat(http.get(job(id, "status/")).status()).isEqualTo(200);
  }
}
