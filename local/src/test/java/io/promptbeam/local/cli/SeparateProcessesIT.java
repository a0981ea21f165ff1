package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.promptbeam.local.Await;
import io.promptbeam.local.GooglePubsubEmulator;
import io.promptbeam.local.bigtable.EmbeddedBigtable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Service and pipeline as processes of their own, with nothing in common but two emulators. */
@Timeout(240)
class SeparateProcessesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUESTION =
      """
      {"model_id": "demo", "question_id": "q123", "system_message": "You are a trainer.",
       "full_input": "Why is the sky blue?"}
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path directory;

  SeparateProcessesIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @AfterEach
  void end() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    open.push(part);
    return part;
  }

  @Test
  void pollingFlow_works_whenServiceAndPipelineAreProcessesOfTheirOwn() throws Exception {
    GooglePubsubEmulator pubsub = opened(GooglePubsubEmulator.startOrSkip());
    EmbeddedBigtable bigtable = opened(EmbeddedBigtable.start());
    Map<String, String> servers =
        Map.of(
            "PUBSUB_EMULATOR_HOST",
            pubsub.host() + ":" + pubsub.port(),
            "BIGTABLE_EMULATOR_HOST",
            bigtable.hostAndPort());
    // Both at once: each creates what it finds missing.
    Program api = opened(Program.start(directory, servers, "api", "--port", "0"));
    Program pipeline = opened(Program.start(directory, servers, "pipeline"));
    URI base = URI.create(api.awaitOutput("Listening on (http://[0-9.:]+)/?\\. ").group(1));

    // As the browser client does it: submit, poll every so often, show.
    HttpResponse<String> submitted = post(base, "/api/llm/trainer-analysis/", QUESTION);
    assertThat(submitted.statusCode()).isEqualTo(202);
    String id = json(submitted).path("job_id").asText();
    JsonNode status = awaitComplete(base, id);
    assertThat(status.path("status").asText()).isEqualTo("completed");
    assertThat(status.path("job_type").asText()).isEqualTo("trainer_question_analysis");
    assertThat(status.path("result_data").path("output_text").asText()).isNotBlank();
    JsonNode result = json(get(base, "/api/llm/jobs/" + id + "/result/"));
    assertThat(result.path("result_data")).isEqualTo(status.path("result_data"));
    assertThat(result.path("usage").isObject()).isTrue();

    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(json(submit(base, "Number " + i)).path("job_id").asText());
    }
    for (String each : ids) {
      assertThat(awaitComplete(base, each).path("status").asText()).isEqualTo("completed");
    }
    JsonNode list = json(get(base, "/api/llm/jobs/?status=completed")).path("jobs");
    assertThat(list.findValuesAsText("job_id")).contains(id).containsAll(ids).hasSize(6);
    JsonNode ofQuestion = json(get(base, "/api/llm/jobs/?question_id=q123")).path("jobs");
    assertThat(ofQuestion.findValuesAsText("job_id")).containsExactly(id);

    HttpResponse<String> first = submit(base, "Once", "Idempotency-Key", "key-1");
    assertThat(first.statusCode()).isEqualTo(202);
    var unused = awaitComplete(base, json(first).path("job_id").asText());
    HttpResponse<String> replay = submit(base, "Once", "Idempotency-Key", "key-1");
    assertThat(replay.statusCode()).isEqualTo(202);
    assertThat(replay.body()).isEqualTo(first.body());
    assertThat(submit(base, "Twice", "Idempotency-Key", "key-1").statusCode()).isEqualTo(422);
    assertThat(json(get(base, "/api/llm/jobs/")).path("jobs")).hasSize(7);

    pipeline.interrupt();
    api.interrupt();
    assertThat(pipeline.exitStatus()).isEqualTo(ExitCodes.INTERRUPTED);
    assertThat(api.exitStatus()).isEqualTo(ExitCodes.INTERRUPTED);
    assertThat(pipeline.errorOutput()).doesNotContain("Exception", "\tat ");
    assertThat(api.errorOutput()).doesNotContain("Exception", "\tat ");
  }

  private JsonNode awaitComplete(URI base, String id) throws Exception {
    return Await.until(
        "job " + id + " is complete",
        () -> json(get(base, "/api/llm/jobs/" + id + "/status/")),
        status -> status.path("is_complete").asBoolean());
  }

  private HttpResponse<String> submit(URI base, String prompt, String... headers)
      throws IOException, InterruptedException {
    String body = "{\"model_id\": \"demo\", \"full_input\": \"" + prompt + "\"}";
    return post(base, "/api/llm/jobs/submit/", body, headers);
  }

  private HttpResponse<String> post(URI base, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(URI base, String path) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(base.resolve(path)).build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> answer) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isIn(200, 202);
    return JSON.readTree(answer.body());
  }
}
