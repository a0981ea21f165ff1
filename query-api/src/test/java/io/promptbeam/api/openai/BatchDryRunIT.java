package io.promptbeam.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a batch before it is made. Models take 60 requests/min. */
class BatchDryRunIT {
  private static final String ALICE = "key-alice";
  private static final String GOOD =
      "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
          + "{\"model\":\"%s\",\"max_tokens\":100,\"messages\":"
          + "[{\"role\":\"user\",\"content\":\"Hello\"}]}}\n";

  private static BatchService service;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    service = new BatchService(directory);
  }

  @AfterAll
  static void stop() throws IOException {
    service.close();
  }

  private static BatchService.Answer create(String lines, String window, String more)
      throws Exception {
    String file = service.upload(ALICE, lines);
    return service.post(
        ALICE,
        "/v1/batches",
        "{\"input_file_id\":\""
            + file
            + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\""
            + window
            + "\""
            + more
            + "}");
  }

  private static JsonNode dryRun(String lines, String window) throws Exception {
    BatchService.Answer answer = create(lines, window, ",\"dry_run\":true");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  @Test
  void dryRun_tellsWhatABatchComesTo_andMakesNone() throws Exception {
    int before = service.published.size();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 90; i++) {
      String model = i % 3 == 0 ? BatchService.ANTHROPIC_MODEL : BatchService.MODEL;
      lines.append(GOOD.formatted("c" + i, model));
    }
    JsonNode told = dryRun(lines.toString(), "1m");
    assertThat(told.path("object").asText()).isEqualTo("batch.dry_run");
    assertThat(told.path("valid").asBoolean()).isTrue();
    assertThat(told.path("errors").isNull()).isTrue();
    assertThat(told.path("lines").asInt()).isEqualTo(90);
    assertThat(told.at("/models/0/model").asText()).isEqualTo(BatchService.ANTHROPIC_MODEL);
    assertThat(told.at("/models/0/lines").asInt()).isEqualTo(30);
    assertThat(told.at("/models/1/lines").asInt()).isEqualTo(60);
    assertThat(told.at("/models/1/output_tokens").asInt()).isEqualTo(6_000);
    // 9,000 tokens of output at 0.60 a million, and some input.
    assertThat(told.path("cost_usd").asDouble()).isBetween(0.0054, 0.0056);
    assertThat(told.at("/estimate/takes_seconds").asInt()).isEqualTo(60);
    assertThat(told.at("/estimate/model").asText()).isEqualTo(BatchService.MODEL);
    assertThat(told.at("/estimate/limit").asText()).isEqualTo("requests");
    assertThat(told.path("warning").isNull()).isTrue();
    assertThat(service.published).hasSize(before);
    assertThat(service.get(ALICE, "/v1/batches").body()).doesNotContain("\"1m\"");
  }

  @Test
  void dryRun_warns_whenTheWindowIsTooShort() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 70; i++) {
      lines.append(GOOD.formatted("c" + i, BatchService.MODEL));
    }
    JsonNode told = dryRun(lines.toString(), "1m");
    assertThat(told.at("/warning/code").asText()).isEqualTo("window_cannot_be_met");
    assertThat(dryRun(lines.toString(), "2m").path("warning").isNull()).isTrue();
  }

  @Test
  void dryRun_namesTheFirstBadLines_andCountsTheOthers() throws Exception {
    StringBuilder lines = new StringBuilder(GOOD.formatted("good", BatchService.MODEL));
    lines.append("\n").append(GOOD.formatted("good", BatchService.MODEL));
    for (int i = 0; i < 110; i++) {
      lines.append(GOOD.formatted("c" + i, "no-such-model"));
    }
    JsonNode told = dryRun(lines.toString(), "24h");
    assertThat(told.path("valid").asBoolean()).isFalse();
    assertThat(told.path("lines").asInt()).isEqualTo(112);
    JsonNode errors = told.at("/errors/data");
    assertThat(errors).hasSize(101);
    assertThat(errors.at("/0/code").asText()).isEqualTo("duplicate_custom_id");
    assertThat(errors.at("/0/line").asInt()).isEqualTo(3);
    assertThat(errors.at("/1/code").asText()).isEqualTo("model_not_found");
    assertThat(errors.at("/100/message").asText()).contains("11 more");
    assertThat(dryRun("", "24h").at("/errors/data/0/code").asText()).isEqualTo("empty_file");
  }

  @Test
  void dryRun_isRefused_whileAsManyAsMayAreUnderWay() throws Exception {
    int before = service.chunksAsked.get();
    service.chunksHeld = new CompletableFuture<>();
    List<CompletableFuture<JsonNode>> held = new ArrayList<>();
    try (ThreadPool threads = new ThreadPool()) {
      for (int i = 0; i < 2; i++) {
        held.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return dryRun(GOOD.formatted("c", BatchService.MODEL), "24h");
                  } catch (Exception e) {
                    throw new CompletionException(e);
                  }
                },
                threads.pool()));
      }
      for (int i = 0; i < 200 && service.chunksAsked.get() < before + 2; i++) {
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
      BatchService.Answer third = create("{}\n", "24h", ",\"dry_run\":true");
      assertThat(third.status()).as(third.body()).isEqualTo(429);
      assertThat(third.param()).isEqualTo("dry_run");
      service.chunksHeld.complete(null);
      for (CompletableFuture<JsonNode> each : held) {
        assertThat(each.join().path("valid").asBoolean()).isTrue();
      }
    } finally {
      service.chunksHeld.complete(null);
    }
    assertThat(create("{}\n", "24h", ",\"dry_run\":true").status()).isEqualTo(200);
  }

  private record ThreadPool(ExecutorService pool) implements AutoCloseable {
    ThreadPool() {
      this(Executors.newFixedThreadPool(2));
    }

    @Override
    public void close() {
      pool.shutdown();
    }
  }

  @Test
  void dryRun_isRefused_whenItsRequestIsWrong() throws Exception {
    BatchService.Answer answer = create("{}\n", "24h", ",\"dry_run\":\"yes\"");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.param()).isEqualTo("dry_run");
    assertThat(create("{}\n", "31d", ",\"dry_run\":true").status()).isEqualTo(400);
    assertThat(create("{}\n", "24h", ",\"dry_run\":false").json().path("object").asText())
        .isEqualTo("batch");
  }
}
