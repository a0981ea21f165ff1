package io.promptbeam.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.figures.Histogram;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

  private static final LaneFigures FIGURES =
      new LaneFigures(
          Duration.ofMillis(61_500),
          12,
          10,
          Map.of("provider_error", 2L, "timeout", 1L),
          Map.of(JobState.COMPLETED, 7L, JobState.EXPIRED, 1L),
          new Usage(100, 40, 20, 5),
          123_456_789_012L,
          latencies(),
          2,
          Map.of(Priority.INTERACTIVE, 3L, Priority.BATCH, 4L));

  private static Latencies latencies() {
    Histogram histogram = new Histogram();
    histogram.add(Duration.ofMillis(1).toNanos());
    histogram.add(Duration.ofMillis(250).toNanos());
    histogram.add(Duration.ofHours(1).toNanos());
    return histogram.snapshot();
  }

  @Test
  void figures_areZero_whenTheirWriterDidNotKnowThem() {
    String json = "{\"model\":\"m\",\"worker\":\"w\",\"at\":1000}";
    LaneSnapshot lane = LaneJson.decode(json.getBytes(StandardCharsets.UTF_8)).orElseThrow();
    assertThat(lane.figures()).isEqualTo(LaneFigures.NONE);
  }

  @Test
  void idleFigures_takeFewBytes() {
    LaneSnapshot idle =
        new LaneSnapshot(
            "m",
            "w",
            Instant.EPOCH,
            List.of(),
            List.of(),
            Optional.empty(),
            0,
            Duration.ZERO,
            LaneFigures.NONE);
    assertThat(new String(LaneJson.encode(idle), StandardCharsets.UTF_8))
        .contains("\"figures\":{\"window_ms\":0}");
    assertThat(LaneJson.decode(LaneJson.encode(idle))).contains(idle);
  }

  @Test
  void snapshot_isNotRead_whenItsFiguresMakeNoSense() {
    String json = "{\"model\":\"m\",\"figures\":{\"latency\":[99,1]}}";
    assertThat(LaneJson.decode(json.getBytes(StandardCharsets.UTF_8))).isEmpty();
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
            Duration.ofMillis(7),
            FIGURES);
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
