package io.promptbeam.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.core.http.HttpResponse;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.Cut;
import io.promptbeam.job.JobError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New batches of the lines of others that did not complete. */
class BatchRetryIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALICE = "key-alice";

  private static BatchService service;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    service = new BatchService(directory);
  }

  @AfterAll
  static void stop() throws IOException {
    service.close();
  }

  private static String line(int i) {
    return "{\"custom_id\":\"c"
        + i
        + "\", \"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\""
        + BatchService.MODEL
        + "\",\"top_p\":0.5,\"user\":\"u\",\"messages\":[]}}\n";
  }

  private static String create(int lines) throws Exception {
    // With a mark and a blank line, which have no number of their own.
    StringBuilder file = new StringBuilder("\uFEFF");
    for (int i = 0; i < lines; i++) {
      file.append(i == 1 ? "\r\n" : "").append(line(i));
    }
    BatchService.Answer made =
        service.post(
            ALICE,
            "/v1/batches",
            "{\"input_file_id\":\""
                + service.upload(ALICE, file.toString())
                + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"90m\","
                + "\"metadata\":{\"team\":\"x\"}}");
    String id = made.json().path("id").asText();
    service.expand(id, lines, BatchService.MODEL);
    return id;
  }

  private static String failedFirstAndLast(int lines) throws Exception {
    String id = create(lines);
    service.open(id, 0);
    for (int i = 0; i < lines; i++) {
      if (i == 0 || i == lines - 1) {
        service.fail(id, i, JobError.of("timeout", "It took too long."));
      } else {
        service.complete(id, i, "{}");
      }
    }
    service.finish(id, 0);
    service.end(id);
    return id;
  }

  private static BatchService.Answer retry(String id, String body, String... headers)
      throws Exception {
    return service.post(ALICE, "/v1/batches/" + id + "/retry", body, headers);
  }

  private static List<String> linesOf(JsonNode batch) throws IOException {
    String file = batch.path("input_file_id").asText();
    try (HttpResponse content = service.client(ALICE).files().content(file)) {
      String text = new String(content.body().readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().toList();
    }
  }

  @Test
  void retry_isABatchOfTheLinesThatFailed_asTheyWere() throws Exception {
    String id = failedFirstAndLast(4);
    BatchService.Answer answer = retry(id, "{}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    JsonNode made = answer.json();
    assertThat(made.path("object").asText()).isEqualTo("batch");
    assertThat(made.path("status").asText()).isEqualTo("validating");
    assertThat(made.at("/promptbeam/retry_of").asText()).isEqualTo(id);
    assertThat(made.at("/metadata/team").asText()).isEqualTo("x");
    assertThat(made.path("completion_window").asText()).isEqualTo("90m");
    assertThat(linesOf(made)).containsExactly(line(0).strip(), line(3).strip());
    Batch stored = service.batch(made.path("id").asText());
    assertThat(stored.spec().retryOf()).contains(BatchService.id(id));
    assertThat(Duration.between(stored.spec().createdAt(), stored.spec().expiresAt()))
        .isEqualTo(Duration.ofMinutes(90));
    assertThat(service.published).contains(stored.spec().id());
  }

  @Test
  void retry_changesModelAndParameters_whenAsked() throws Exception {
    String id = failedFirstAndLast(3);
    JsonNode made =
        retry(
                id,
                "{\"model\":\""
                    + BatchService.ANTHROPIC_MODEL
                    + "\",\"params\":{\"user\":null,\"top_p\":0.25,\"metadata\":{\"a\":\"b\"}}}")
            .json();
    List<JsonNode> bodies = new ArrayList<>();
    for (String line : linesOf(made)) {
      bodies.add(JSON.readTree(line).path("body"));
    }
    assertThat(bodies).hasSize(2);
    assertThat(bodies)
        .allSatisfy(
            body -> {
              assertThat(body.path("model").asText()).isEqualTo(BatchService.ANTHROPIC_MODEL);
              assertThat(body.has("user")).isFalse();
              assertThat(body.path("top_p").asDouble()).isEqualTo(0.25);
              assertThat(body.at("/metadata/a").asText()).isEqualTo("b");
              assertThat(body.path("messages").isArray()).isTrue();
            });
  }

  @Test
  void retry_takesWhatACutLeft_alsoWhereNoRowSaysSo() throws Exception {
    String id = create(600);
    service.open(id, 0);
    service.complete(id, 0, "{}");
    for (int i = 1; i < 256; i++) {
      service.fail(id, i, new JobError("invalid_request", "No.", Optional.of(400)));
    }
    service.finish(id, 0);
    service
        .store
        .batches()
        .cut(BatchService.id(id), new Cut(Cut.Kind.CANCELLED, Instant.now()))
        .join();
    assertThat(retry(id, "{}").status()).isEqualTo(409);
    service.end(id);
    assertThat(linesOf(retry(id, "{}").json())).hasSize(599);
    List<String> cancelled = linesOf(retry(id, "{\"statuses\":[\"cancelled\"]}").json());
    assertThat(cancelled).hasSize(344).startsWith(line(256).strip());
    BatchService.Answer none = retry(id, "{\"statuses\":[\"expired\"]}");
    assertThat(none.status()).isEqualTo(409);
    assertThat(none.json().at("/error/code").asText()).isEqualTo("nothing_to_retry");
  }

  @Test
  void retry_makesOneBatch_whenItIsSentAgain() throws Exception {
    String id = failedFirstAndLast(2);
    String[] key = {"Idempotency-Key", "retry-1"};
    String first = retry(id, "{}", key).json().path("id").asText();
    assertThat(retry(id, "{}", key).json().path("id").asText()).isEqualTo(first);
    assertThat(retry(id, "{\"statuses\":[\"failed\"]}", key).status()).isEqualTo(409);

    String one = retry(id, "{}").json().path("id").asText();
    assertThat(retry(id, "{}", "X-Stainless-Retry-Count", "1").json().path("id").asText())
        .isEqualTo(one);
    assertThat(retry(id, "{}").json().path("id").asText()).isNotIn(first, one);
  }

  @Test
  void retry_isRefused_whenItsRequestIsWrong() throws Exception {
    String id = failedFirstAndLast(2);
    for (String wrong :
        List.of(
            "{\"model\":\"none\"}",
            "{\"params\":7}",
            "{\"statuses\":[\"pending\"]}",
            "{\"statuses\":[]}",
            "{\"statuses\":\"failed\"}")) {
      BatchService.Answer answer = retry(id, wrong);
      assertThat(answer.status()).as(wrong).isEqualTo(400);
      assertThat(wrong).startsWith("{\"" + answer.param());
    }
    assertThat(retry(id, "{\"other\":1}").param()).isEqualTo("other");
    assertThat(service.post("key-bob", "/v1/batches/" + id + "/retry", "{}").status())
        .isEqualTo(404);
    String file = service.get(ALICE, "/v1/batches/" + id).json().path("input_file_id").asText();
    service.client(ALICE).files().delete(file);
    assertThat(retry(id, "{}").json().at("/error/code").asText()).isEqualTo("input_file_gone");
  }
}
