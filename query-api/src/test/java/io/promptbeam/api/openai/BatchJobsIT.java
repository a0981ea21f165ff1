package io.promptbeam.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.batch.Cut;
import io.promptbeam.job.JobError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines of a batch in the polling API's list. */
class BatchJobsIT {
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

  private static String create(int lines) throws Exception {
    String id =
        service
            .post(
                ALICE,
                "/v1/batches",
                "{\"input_file_id\":\""
                    + service.upload(ALICE, "{}\n")
                    + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}")
            .json()
            .path("id")
            .asText();
    service.expand(id, lines, BatchService.MODEL);
    return id;
  }

  private static JsonNode page(String key, String query) throws Exception {
    BatchService.Answer answer = service.get(key, "/api/llm/jobs/?" + query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  /** Of all pages. */
  private static List<String> customIds(String query, int maxPages) throws Exception {
    List<String> ids = new ArrayList<>();
    String token = "";
    for (int pages = 0; pages < maxPages; pages++) {
      JsonNode page = page(ALICE, query + "&page_token=" + token);
      page.path("jobs").forEach(job -> ids.add(job.path("custom_id").asText()));
      token = page.path("next_page_token").asText("");
      if (page.path("next_page_token").isNull()) {
        return ids;
      }
    }
    throw new AssertionError("there are more than " + maxPages + " pages");
  }

  @Test
  void lines_areListedInTheirOrder_pageByPage() throws Exception {
    String id = create(300);
    List<String> all = customIds("page_size=100&batch_id=" + id, 3);
    assertThat(all).hasSize(300).startsWith("c0", "c1").endsWith("c299").doesNotHaveDuplicates();
    JsonNode first = page(ALICE, "page_size=7&batch_id=" + id);
    assertThat(first.path("jobs")).hasSize(7);
    assertThat(first.at("/jobs/0/batch_id").asText()).isEqualTo(id);
    String token = first.path("next_page_token").asText();
    assertThat(service.get(ALICE, "/api/llm/jobs/?page_token=" + token).status()).isEqualTo(400);
    assertThat(page("key-bob", "batch_id=" + id).path("jobs")).isEmpty();
    assertThat(page(ALICE, "batch_id=msg" + id).path("jobs")).isEmpty();
  }

  @Test
  void lines_areFilteredAsTheyStand_whenTheirBatchWasCut() throws Exception {
    String id = create(600);
    service.open(id, 0);
    service.complete(id, 3, "{}");
    service.fail(id, 5, JobError.of("timeout", "It took too long."));
    service
        .store
        .batches()
        .cut(BatchService.id(id), new Cut(Cut.Kind.CANCELLED, Instant.now()))
        .join();
    assertThat(customIds("status=completed&batch_id=" + id, 2)).containsExactly("c3");
    assertThat(customIds("status=failed&batch_id=" + id, 2)).containsExactly("c5");
    assertThat(customIds("status=cancelled&page_size=100&batch_id=" + id, 4)).hasSize(344);
    assertThat(customIds("status=pending&page_size=100&batch_id=" + id, 4)).hasSize(254);
    assertThat(customIds("model_id=other&batch_id=" + id, 2)).isEmpty();
    assertThat(customIds("text=C59&batch_id=" + id, 4))
        .containsExactly(
            "c59", "c590", "c591", "c592", "c593", "c594", "c595", "c596", "c597", "c598", "c599");
  }

  @Test
  void detail_ofALine_hasItsRequest_alsoWhenItsBatchWasCut() throws Exception {
    String id = create(300);
    service.open(id, 0);
    service.complete(id, 0, "{\"choices\":[{\"message\":{\"content\":\"Yes.\"}}]}");
    JsonNode first = detail(page(ALICE, "page_size=1&batch_id=" + id).at("/jobs/0"));
    assertThat(first.path("batch_id").asText()).isEqualTo(id);
    assertThat(first.path("custom_id").asText()).isEqualTo("c0");
    assertThat(first.at("/request/endpoint").asText()).isEqualTo("/v1/chat/completions");
    assertThat(first.at("/request/request/model").asText()).isEqualTo(BatchService.MODEL);
    assertThat(first.at("/result_data/output_text").asText()).isEqualTo("Yes.");
    service
        .store
        .batches()
        .cut(BatchService.id(id), new Cut(Cut.Kind.CANCELLED, Instant.now()))
        .join();
    JsonNode cut = detail(page(ALICE, "status=cancelled&page_size=1&batch_id=" + id).at("/jobs/0"));
    assertThat(cut.path("status").asText()).isEqualTo("cancelled");
    assertThat(cut.path("timeline").findValuesAsText("event"))
        .containsExactly("submitted", "cancelled");
    assertThat(cut.at("/request/request/model").asText()).isEqualTo(BatchService.MODEL);
  }

  private static JsonNode detail(JsonNode listed) throws Exception {
    String path = "/api/llm/jobs/" + listed.path("job_id").asText() + "/";
    assertThat(service.get("key-bob", path).status()).isEqualTo(404);
    return service.get(ALICE, path).json();
  }

  @Test
  void search_goesOnInBoundedPages_whenNothingMatches() throws Exception {
    String id = create(60 * 256);
    JsonNode page = page(ALICE, "model_id=other&batch_id=" + id);
    assertThat(page.path("jobs")).isEmpty();
    assertThat(page.path("next_page_token").isTextual()).isTrue();
    assertThat(customIds("model_id=other&batch_id=" + id, 3)).isEmpty();
  }

  @Test
  void repetitionsOfLines_comeAfterThem() throws Exception {
    String id = create(2);
    service.open(id, 0);
    service.fail(id, 1, JobError.of("timeout", "It took too long."));
    String line = page(ALICE, "status=failed&batch_id=" + id).at("/jobs/0/job_id").asText();
    assertThat(service.post(ALICE, "/api/llm/jobs/" + line + "/retry/", "{}").status())
        .isEqualTo(202);
    for (int size : new int[] {1, 2, 20}) {
      assertThat(customIds("page_size=" + size + "&batch_id=" + id, 4))
          .as("pages of " + size)
          .containsExactly("c0", "c1", "c1");
    }
  }
}
