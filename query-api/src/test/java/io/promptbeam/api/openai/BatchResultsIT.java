package io.promptbeam.api.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import io.promptbeam.batch.Cut;
import io.promptbeam.job.JobError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A batch's lines with their requests and answers, page by page. */
class BatchResultsIT {
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

  private static String create() {
    OpenAIClient client = service.client(ALICE);
    String file =
        client
            .files()
            .create(
                FileCreateParams.builder()
                    .purpose(FilePurpose.BATCH)
                    .file("{}\n".getBytes(UTF_8))
                    .build())
            .id();
    return client
        .batches()
        .create(
            BatchCreateParams.builder()
                .inputFileId(file)
                .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                .completionWindow(BatchCreateParams.CompletionWindow._24H)
                .build())
        .id();
  }

  private static JsonNode page(String id, String query) throws Exception {
    BatchService.Answer answer = service.get(ALICE, "/v1/batches/" + id + "/results" + query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static List<String> customIds(JsonNode page) {
    List<String> ids = new ArrayList<>();
    page.path("data").forEach(line -> ids.add(line.path("custom_id").asText()));
    return ids;
  }

  @Test
  void lines_haveTheirRequestsAndAnswersInOrder_whileTheBatchRuns() throws Exception {
    String id = create();
    assertThat(page(id, "").path("has_more").asBoolean()).isTrue();
    service.expand(id, 4, BatchService.MODEL);
    service.open(id, 0);
    service.complete(id, 2, "{\"x\":1.50,\n\"y\":[]}");
    service.fail(id, 0, new JobError("invalid_request", "No such tool.", Optional.of(400)));
    service.fail(id, 1, JobError.of("timeout", "It took too long."));

    JsonNode first = page(id, "?limit=2");
    assertThat(customIds(first)).containsExactly("c0", "c1");
    assertThat(first.path("object").asText()).isEqualTo("list");
    assertThat(first.path("has_more").asBoolean()).isTrue();
    assertThat(first.path("first_id")).isEqualTo(first.at("/data/0/id"));
    assertThat(first.path("last_id")).isEqualTo(first.at("/data/1/id"));
    assertThat(first.at("/data/0/line").asInt()).isEqualTo(1);
    assertThat(first.at("/data/0/response/status_code").asInt()).isEqualTo(400);
    assertThat(first.at("/data/0/error").isNull()).isTrue();
    assertThat(first.at("/data/1/response").isNull()).isTrue();
    assertThat(first.at("/data/1/error/code").asText()).isEqualTo("timeout");

    JsonNode rest = page(id, "?limit=2&after=" + first.path("last_id").asText());
    assertThat(customIds(rest)).containsExactly("c2", "c3");
    assertThat(rest.path("has_more").asBoolean()).isFalse();
    JsonNode done = rest.at("/data/0");
    assertThat(done.path("model").asText()).isEqualTo(BatchService.MODEL);
    assertThat(done.path("status").asText()).isEqualTo("completed");
    assertThat(done.at("/input/model").asText()).isEqualTo(BatchService.MODEL);
    assertThat(done.at("/response/body/x").asText()).isEqualTo("1.5");
    assertThat(done.at("/usage/total_tokens").asLong()).isEqualTo(15);
    assertThat(done.path("cost_usd").decimalValue()).isEqualByComparingTo("0.001");
    JsonNode waiting = rest.at("/data/1");
    assertThat(waiting.path("status").asText()).isEqualTo("pending");
    assertThat(waiting.path("response").isNull()).isTrue();
    assertThat(waiting.path("error").isNull()).isTrue();
    assertThat(waiting.path("usage").isNull()).isTrue();

    JsonNode none = page(id, "?after=" + rest.path("last_id").asText());
    assertThat(none.path("data")).isEmpty();
    assertThat(none.path("last_id")).isEqualTo(rest.path("last_id"));
    assertThat(none.path("has_more").asBoolean()).isFalse();
    assertThat(customIds(page(id, "?status=failed"))).containsExactly("c0", "c1");
    assertThat(customIds(page(id, "?custom_id=c2&status=completed"))).containsExactly("c2");
    assertThat(customIds(page(id, "?custom_id=c2&status=failed"))).isEmpty();
  }

  @Test
  void line_isFoundWithBoundedWork_whenTheBatchIsLarge() throws Exception {
    String id = create();
    service.expand(id, 40 * 256, BatchService.MODEL);
    JsonNode first = page(id, "?custom_id=c10200");
    assertThat(first.path("data")).isEmpty();
    assertThat(first.path("has_more").asBoolean()).isTrue();
    JsonNode second = page(id, "?custom_id=c10200&after=" + first.path("last_id").asText());
    assertThat(customIds(second)).containsExactly("c10200");
    assertThat(second.path("has_more").asBoolean()).isFalse();

    service.open(id, 39);
    service.complete(id, 9_990, "{}");
    // What has not begun can hold no such line, so the whole batch is one page.
    assertThat(customIds(page(id, "?status=completed"))).containsExactly("c9990");
    assertThat(page(id, "?status=pending&limit=1000").path("data")).hasSize(1_000);
  }

  @Test
  void lines_haveEndedByTheCut_whenTheyHadNotBegun() throws Exception {
    String id = create();
    service.expand(id, 300, BatchService.MODEL);
    service.open(id, 0);
    service
        .store
        .batches()
        .cut(BatchService.id(id), new Cut(Cut.Kind.EXPIRED, Instant.now()))
        .join();
    JsonNode expired = page(id, "?status=expired&limit=1000");
    assertThat(expired.path("data")).hasSize(44);
    assertThat(expired.at("/data/0/custom_id").asText()).isEqualTo("c256");
    assertThat(expired.at("/data/0/error/code").asText()).isEqualTo("batch_expired");
    assertThat(expired.path("has_more").asBoolean()).isFalse();
    assertThat(page(id, "?status=pending&limit=1000").path("data")).hasSize(256);
  }

  @Test
  void page_isRefusedWithTheParametersName_whenItIsWrong() throws Exception {
    String id = create();
    String other = create();
    service.expand(other, 1, BatchService.MODEL);
    String foreign = page(other, "").path("last_id").asText();
    String path = "/v1/batches/" + id + "/results?";
    for (String wrong :
        List.of("limit=0", "limit=1001", "limit=x", "status=done", "after=" + foreign, "after=x")) {
      BatchService.Answer answer = service.get(ALICE, path + wrong);
      assertThat(answer.status()).as(wrong).isEqualTo(400);
      assertThat(answer.param()).isEqualTo(wrong.substring(0, wrong.indexOf('=')));
    }
    assertThat(service.get("key-bob", path).status()).isEqualTo(404);
    assertThat(service.get(ALICE, "/v1/batches/batch_nope/results").status()).isEqualTo(404);
    // The same bits under the other protocol's name are no batch.
    assertThat(service.get(ALICE, path.replace("batch_", "msgbatch_")).status()).isEqualTo(404);
  }
}
