package io.promptbeam.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.promptbeam.api.HttpProbe.Answer;
import io.promptbeam.job.Calls;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobLabels;
import io.promptbeam.job.JobLimits;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.LlmRequest;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.JobStore.Part;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Running a job again that did not complete, over HTTP. */
class RetryIT {
  private static final String PROMPT =
      """
      {"model_id": "m", "full_input": "Say hello.", "system_message": "Be brief.",
       "job_type": "nightly", "metadata": {"zone": "eu"}, "priority": "batch",
       "deadline_seconds": 600, "max_attempts": 7, "params": {"temperature": 0.50}}
      """;

  private final TestStack stack = new TestStack(ApiConfig.loopback(0));
  private final HttpProbe http = new HttpProbe(stack.server.uri());

  @AfterEach
  void stop() {
    stack.close();
  }

  private String submit() {
    return http.post("/api/llm/jobs/submit/", PROMPT).text("job_id");
  }

  private static String job(String id, String action) {
    return "/api/llm/jobs/" + id + "/" + action;
  }

  private Answer retry(String id) {
    return http.call("POST", job(id, "retry/"), "");
  }

  private String failed() {
    String id = submit();
    fail(id);
    return id;
  }

  private void fail(String id) {
    stack.claim(id);
    JobError error = new JobError("provider_error", "The provider answered 503.", Optional.of(503));
    stack.apply(id, new JobEvent.Fail("token", error, Calls.NONE), Optional.empty());
  }

  private static void assertProblem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.text("code")).isEqualTo(code);
    assertThat(answer.text("detail")).isNotEmpty();
    assertThat(answer.text("request_id")).isNotEmpty();
  }

  @Test
  void retry_makesANewJobOfTheSameRequest_andLeavesTheOldAsItIs() {
    String old = failed();
    String before = http.get(job(old, "status/")).body();
    stack.published.clear();

    Answer answer = retry(old);

    assertThat(answer.status()).isEqualTo(202);
    String id = answer.text("job_id");
    assertThat(id).isNotEqualTo(old);
    assertThat(answer.text("status")).isEqualTo("pending");
    assertThat(answer.text("retry_of")).isEqualTo(old);
    assertThat(answer.text("status_url")).isEqualTo(job(id, "status/"));
    assertThat(answer.text("result_url")).isEqualTo(job(id, "result/"));
    assertThat(answer.header("Location")).isEqualTo(job(id, "status/"));
    assertThat(answer.header("Retry-After")).isNotEmpty();
    assertThat(answer.header("Idempotent-Replayed")).isEmpty();
    assertThat(stack.published)
        .extracting(reference -> reference.jobId().toString())
        .containsExactly(id);
    assertThat(http.get(job(old, "status/")).body()).isEqualTo(before);

    var first = stack.memory.read(JobId.parse(old).orElseThrow(), Set.of(Part.REQUEST)).join();
    var second = stack.memory.read(JobId.parse(id).orElseThrow(), Set.of(Part.REQUEST)).join();
    JobSpec oldSpec = first.orElseThrow().spec();
    JobSpec newSpec = second.orElseThrow().spec();
    assertThat(second.orElseThrow().request()).isPresent().isEqualTo(first.orElseThrow().request());
    assertThat(newSpec.labels()).isEqualTo(oldSpec.labels());
    assertThat(newSpec.limits().priority()).isEqualTo(Priority.BATCH);
    assertThat(newSpec.limits().maxAttempts()).isEqualTo(7);
    assertThat(newSpec.limits().tokenEstimate()).isEqualTo(oldSpec.limits().tokenEstimate());
    assertThat(newSpec.limits().deadline()).isEqualTo(newSpec.createdAt().plusSeconds(600));
  }

  @Test
  void retryOf_isShown_byStatusResultAndList() {
    String old = failed();
    assertThat(http.get(job(old, "status/")).json().path("retry_of").isNull()).isTrue();
    String id = http.call("POST", job(old, "retry"), "").text("job_id");
    stack.complete(id);

    assertThat(http.get(job(id, "status/")).text("retry_of")).isEqualTo(old);
    assertThat(http.get(job(id, "result/")).text("retry_of")).isEqualTo(old);
    for (JsonNode listed : http.get("/api/llm/jobs/").json().path("jobs")) {
      boolean isNew = listed.path("job_id").asText().equals(id);
      assertThat(listed.has("retry_of")).isTrue();
      assertThat(listed.path("retry_of").textValue()).isEqualTo(isNew ? old : null);
    }
  }

  @Test
  void retryAgain_answersWithTheFirstsNewJob_whateverBecameOfIt() {
    String old = failed();
    Answer first = retry(old);
    String id = first.text("job_id");
    fail(id);
    stack.published.clear();

    Answer again = retry(old);

    assertThat(again.status()).isEqualTo(202);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(stack.published).isEmpty();
    assertThat(http.get("/api/llm/jobs/").json().path("jobs")).hasSize(2);

    Answer next = retry(id);
    assertThat(next.status()).isEqualTo(202);
    assertThat(next.header("Idempotent-Replayed")).isEmpty();
    assertThat(next.text("retry_of")).isEqualTo(id);
    assertThat(next.text("job_id")).isNotIn(old, id);
  }

  @Test
  void retriesAtTheSameTime_makeOneJob() {
    String old = failed();
    List<CompletableFuture<Answer>> answers =
        IntStream.range(0, 20)
            .mapToObj(i -> http.callLater("POST", job(old, "retry/"), ""))
            .toList();
    Set<String> ids = new HashSet<>();
    answers.forEach(answer -> ids.add(answer.join().text("job_id")));
    assertThat(ids).hasSize(1);
    assertThat(answers.stream().filter(a -> a.join().header("Idempotent-Replayed").isEmpty()))
        .hasSize(1);
    assertThat(http.get("/api/llm/jobs/").json().path("jobs")).hasSize(2);
  }

  @Test
  void submitReplays_sayThatTheyAre() {
    String path = "/api/llm/jobs/submit/";
    assertThat(http.post(path, PROMPT, "Idempotency-Key", "k").header("Idempotent-Replayed"))
        .isEmpty();
    assertThat(http.post(path, PROMPT, "Idempotency-Key", "k").header("Idempotent-Replayed"))
        .isEqualTo("true");
  }

  @Test
  void retry_worksForCancelledAndExpiredJobs() {
    String cancelled = submit();
    http.call("POST", job(cancelled, "cancel/"), "");
    assertThat(retry(cancelled).status()).isEqualTo(202);
    String expired = pastDeadline();
    stack.apply(expired, new JobEvent.Expire(), Optional.empty());
    assertThat(http.get(job(expired, "status/")).text("status")).isEqualTo("expired");
    assertThat(retry(expired).status()).isEqualTo(202);
  }

  /** A job of a model that may be gone, whose deadline is. */
  private String stored(String modelId) {
    Instant created = Instant.now().minusSeconds(100);
    JobSpec spec =
        new JobSpec(
            JobId.random(),
            Owner.LOCAL,
            modelId,
            JobLabels.ofType(JobLabels.GENERIC),
            new JobLimits(Priority.INTERACTIVE, 1, created.plusSeconds(10), 3),
            created,
            Optional.empty());
    var request =
        new LlmRequest.Prompt(Optional.empty(), "secret", JsonNodeFactory.instance.objectNode());
    stack.memory.create(spec, request).join();
    return spec.id().toString();
  }

  private String pastDeadline() {
    return stored("m");
  }

  @Test
  void retry_answers409NamingStateAndRemedy_whenTheJobHasNotFailed() {
    String waiting = submit();
    Answer pending = retry(waiting);
    assertProblem(pending, 409, "job_not_failed");
    assertThat(pending.text("detail")).contains("pending", "Wait", "cancel");
    assertThat(pending.text("job_status")).isEqualTo("pending");
    assertThat(pending.text("job_id")).isEqualTo(waiting);
    stack.claim(waiting);
    assertThat(retry(waiting).text("detail")).contains("processing");
    stack.finish(waiting);
    Answer completed = retry(waiting);
    assertProblem(completed, 409, "job_not_failed");
    assertThat(completed.text("detail")).contains("completed", "submit the request anew");
    assertThat(http.get("/api/llm/jobs/").json().path("jobs")).hasSize(1);
  }

  @Test
  void retry_answers410_whenTheJobIsErased() {
    String old = failed();
    assertThat(http.call("DELETE", "/api/llm/jobs/" + old, "").status()).isEqualTo(204);
    assertProblem(retry(old), 410, "job_erased");
  }

  @Test
  void retry_answers400NamingTheModel_whenItIsNotConfigured() {
    String old = stored("gone-model");
    stack.apply(old, new JobEvent.Expire(), Optional.empty());
    Answer refused = retry(old);
    assertProblem(refused, 400, "unknown_model");
    assertThat(refused.text("field")).isEqualTo("model_id");
    assertThat(refused.text("detail")).contains("gone-model", "/api/llm/models/");
    assertThat(refused.body()).doesNotContain("secret");
    assertThat(stack.published).isEmpty();
  }

  @Test
  void retry_answers404_whenTheJobIsUnknownOrAnothers(@TempDir Path directory) throws Exception {
    assertProblem(retry(UUID.randomUUID().toString()), 404, "job_not_found");
    assertProblem(retry("not-a-uuid"), 404, "job_not_found");
    assertThat(http.get(job(UUID.randomUUID().toString(), "retry/")).status()).isEqualTo(405);

    Path keys =
        Files.writeString(
            directory.resolve("keys"),
            "ann " + sha256("key-a") + "\nbob " + sha256("key-b") + "\n");
    ApiConfig config = ApiConfig.loopback(0).withKeys(ApiKeys.read(keys));
    try (TestStack shared = new TestStack(config)) {
      HttpProbe probe = new HttpProbe(shared.server.uri());
      String[] ann = {"Authorization", "Bearer key-a"};
      String[] bob = {"Authorization", "Bearer key-b"};
      String old = probe.post("/api/llm/jobs/submit/", PROMPT, ann).text("job_id");
      probe.call("POST", job(old, "cancel/"), "", ann);
      assertProblem(probe.call("POST", job(old, "retry/"), "", bob), 404, "job_not_found");
      assertProblem(probe.call("POST", job(old, "retry/"), ""), 401, "unauthorized");
      Answer own = probe.call("POST", job(old, "retry/"), "", ann);
      assertThat(own.status()).isEqualTo(202);
      String id = own.text("job_id");
      assertProblem(probe.get(job(id, "status/"), bob), 404, "job_not_found");
      assertThat(probe.get("/api/llm/jobs/", bob).json().path("jobs")).isEmpty();
      assertThat(probe.get(job(id, "status/"), ann).text("retry_of")).isEqualTo(old);
    }
  }

  private static String sha256(String key) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash);
  }

  @Test
  void retry_answers503_whenTheStoreIsAway_andMakesOneJobAfterwards() {
    String old = failed();
    stack.storeFails = true;
    Answer refused = retry(old);
    assertProblem(refused, 503, "store_unavailable");
    assertThat(refused.header("Retry-After")).isNotEmpty();
    stack.storeFails = false;
    assertThat(retry(old).status()).isEqualTo(202);
    assertThat(http.get("/api/llm/jobs/").json().path("jobs")).hasSize(2);
  }

  @Test
  void retry_answers202_whenPublishingFails_andARepetitionSendsTheJob() {
    String old = failed();
    stack.published.clear();
    stack.publishAnswer = CompletableFuture.failedFuture(new IllegalStateException("down"));
    String id = retry(old).text("job_id");
    stack.publishAnswer = CompletableFuture.completedFuture(null);
    Answer again = retry(old);
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.text("job_id")).isEqualTo(id);
    assertThat(stack.published).hasSize(2);
  }
}
