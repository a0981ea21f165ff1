package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LaneJsonTest {
  private static Queue queue(String owner, Optional<String> heldBy) {
    return new Queue(
        new Owner(owner),
        Priority.BATCH,
        3,
        300,
        2,
        1.5,
        heldBy,
        List.of(new Mark(Instant.EPOCH, 0)));
  }

  @Test
  void snapshot_isReadAsWritten_withWhatHoldsEachOwner() {
    var lane =
        new LaneSnapshot(
            "m",
            "w",
            Instant.ofEpochMilli(1_000),
            List.of(
                queue("a", Optional.of(LaneSnapshot.BUDGET)),
                queue("b", Optional.of(LaneSnapshot.OWNER_IN_FLIGHT)),
                queue("c", Optional.empty())),
            List.of(),
            Optional.empty(),
            2,
            Duration.ofMillis(7));
    assertThat(LaneJson.decode(LaneJson.encode(lane))).contains(lane);
  }

  @Test
  void heldQueue_isOfTheLimitInFlight_whenItsWriterDidNotTell() {
    String json =
        "{\"model\":\"m\",\"queues\":["
            + "{\"owner\":\"a\",\"priority\":\"batch\",\"held\":true},"
            + "{\"owner\":\"b\",\"priority\":\"batch\",\"held\":false}]}";
    LaneSnapshot lane = LaneJson.decode(json.getBytes(StandardCharsets.UTF_8)).orElseThrow();
    assertThat(lane.queues())
        .extracting(Queue::heldBy)
        .containsExactly(Optional.of(LaneSnapshot.OWNER_IN_FLIGHT), Optional.empty());
  }
}
