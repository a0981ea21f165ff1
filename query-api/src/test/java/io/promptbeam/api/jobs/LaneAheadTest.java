package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import io.promptbeam.submit.WorkEstimate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LaneAheadTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final Owner ANN = new Owner("ann");
  private static final Owner BOB = new Owner("bob");
  private static final ModelLoad LOAD = new ModelLoad(100, 800, 200);

  private static Queue queue(Owner owner, Priority priority, long jobs, int weight) {
    return new Queue(owner, priority, jobs, jobs * 10, weight, 0, Optional.empty(), List.of());
  }

  private static LaneSnapshot lane(Instant at, Queue... queues) {
    return new LaneSnapshot(
        "m",
        "w",
        at,
        List.of(queues),
        List.of(),
        Optional.empty(),
        1,
        Duration.ofSeconds(2),
        LaneFigures.NONE);
  }

  private static WorkEstimate.Ahead ahead(LaneSnapshot... lanes) {
    return LaneAhead.of(ANN, 1, NOW, LOAD, List.of(lanes), NOW);
  }

  @Test
  void othersComeBefore_asTheirWeightGivesThem() {
    // Ann's work is 1,000 tokens; Bob, of twice her weight, has 500 jobs of 10 tokens.
    WorkEstimate.Ahead ahead = ahead(lane(NOW, queue(BOB, Priority.BATCH, 500, 2)));
    assertThat(ahead.tokens()).isEqualTo(2_000);
    assertThat(ahead.jobs()).isEqualTo(200);
    assertThat(ahead.callTakes()).contains(Duration.ofSeconds(2));
    assertThat(ahead(lane(NOW, queue(BOB, Priority.BATCH, 5, 2))).jobs()).isEqualTo(5);
  }

  @Test
  void interactiveJobsComeBefore_nineTokensForOne() {
    WorkEstimate.Ahead ahead = ahead(lane(NOW, queue(BOB, Priority.INTERACTIVE, 5_000, 1)));
    assertThat(ahead.tokens()).isEqualTo(9_000);
  }

  @Test
  void ownJobsComeBefore_whenTheyWereThereBefore() {
    Queue own =
        new Queue(
            ANN,
            Priority.BATCH,
            50,
            500,
            1,
            0,
            Optional.empty(),
            List.of(new Mark(NOW.minusSeconds(10), 0), new Mark(NOW.minusSeconds(5), 49)));
    assertThat(ahead(lane(NOW, own)).jobs()).isEqualTo(49);
  }

  @Test
  void nothingComesBefore_whenNobodyWasHeardOf() {
    assertThat(ahead()).isEqualTo(WorkEstimate.Ahead.NOTHING);
    assertThat(ahead(lane(NOW.minusSeconds(60), queue(BOB, Priority.BATCH, 500, 2))))
        .isEqualTo(WorkEstimate.Ahead.NOTHING);
  }
}
