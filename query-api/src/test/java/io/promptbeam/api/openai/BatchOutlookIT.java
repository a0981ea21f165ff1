package io.promptbeam.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a batch while it waits. Models take 60 requests/min. */
class BatchOutlookIT {
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

  private static JsonNode ours(String id) throws Exception {
    return service.get(ALICE, "/v1/batches/" + id).json().path("promptbeam");
  }

  @Test
  void batch_tellsWhyItWaitsAndThatItsWindowIsTooShort_onceItIsChecked() throws Exception {
    String id = create("{}\n", "10m", "").json().path("id").asText();
    assertThat(ours(id).at("/waiting/reason").asText()).isEqualTo("validating");
    assertThat(ours(id).path("estimate").isNull()).isTrue();

    Instant now = Instant.now();
    service
        .store
        .lanes()
        .put(
            new LaneSnapshot(
                BatchService.MODEL,
                "worker-1",
                now,
                List.of(queue("alice", 300, now), queue("bob", 10_000, now)),
                List.of(),
                Optional.of(
                    new LaneSnapshot.Binding(
                        "requests", Optional.empty(), Optional.empty(), Optional.empty())),
                1.0,
                Duration.ofSeconds(1),
                LaneFigures.NONE))
        .join();
    Batch batch = service.batch(id);
    service.putLines(batch, 300, BatchService.MODEL);
    service.write(
        batch,
        batch
            .run()
            .started(300, Map.of(BatchService.MODEL, new ModelLoad(300, 3_000, 0)), Instant.now()));
    // The board is read once a second.
    JsonNode ours = ours(id);
    for (int i = 0; i < 100 && ours.at("/estimate/takes_seconds").asInt() < 590; i++) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      ours = ours(id);
    }
    // Bob's turns are as many as Alice's, so 600 requests come at 60 a minute.
    assertThat(ours.at("/estimate/takes_seconds").asInt()).isBetween(590, 610);
    assertThat(ours.at("/estimate/limit").asText()).isEqualTo("requests");
    JsonNode waiting = ours.path("waiting");
    assertThat(waiting.path("model").asText()).isEqualTo(BatchService.MODEL);
    assertThat(waiting.path("reason").asText()).isEqualTo("requests");
    assertThat(waiting.path("owner_share").asDouble()).isEqualTo(0.5);
    assertThat(waiting.path("position").isNumber()).isTrue();
    assertThat(waiting.path("other_models")).isEmpty();

    String late = tooShort();
    Batch other = service.batch(late);
    service.write(
        other,
        other
            .run()
            .started(300, Map.of(BatchService.MODEL, new ModelLoad(300, 3_000, 0)), Instant.now()));
    assertThat(ours(late).at("/warning/code").asText()).isEqualTo("window_cannot_be_met");
  }

  private static String tooShort() throws Exception {
    return create("{}\n", "2m", "").json().path("id").asText();
  }

  private static LaneSnapshot.Queue queue(String owner, long jobs, Instant now) {
    return new LaneSnapshot.Queue(
        new Owner(owner),
        Priority.BATCH,
        jobs,
        jobs * 10,
        1,
        0,
        Optional.empty(),
        List.of(new LaneSnapshot.Mark(now, 0)));
  }
}
