package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.job.JobId;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.quota.WorkerQuota;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LaneTest {
  private final Lane lane =
      new Lane(
          new WorkerQuota(new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 1), 0),
          owner -> 1);

  @Test
  void lane_givesOwnersTurns_whenOneHasALongBacklog() {
    for (int i = 0; i < 100; i++) {
      add("a", Priority.INTERACTIVE);
    }
    add("b", Priority.INTERACTIVE);
    add("b", Priority.INTERACTIVE);
    assertThat(drawOwners(6)).containsExactly("a", "b", "a", "b", "a", "a");
  }

  @Test
  void lane_drawsInteractiveFirst() {
    add("a", Priority.BATCH);
    add("b", Priority.INTERACTIVE);
    assertThat(drawOwners(2)).containsExactly("b", "a");
    assertThat(lane.peek()).isNull();
  }

  @Test
  void lane_keepsAnOwnersOrder() {
    JobId first = add("a", Priority.BATCH);
    JobId second = add("a", Priority.BATCH);
    assertThat(draw()).isEqualTo(first);
    assertThat(draw()).isEqualTo(second);
  }

  private JobId add(String owner, Priority priority) {
    JobId id = JobId.random();
    lane.add(
        new ActiveItem(
            new SingleJob(
                new JobReference(id, new Owner(owner), "m", priority, 1, 0, Optional.empty()))),
        0);
    return id;
  }

  private List<String> drawOwners(int count) {
    List<String> owners = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ActiveItem item = lane.peek();
      assertThat(item).isNotNull();
      owners.add(item.item().owner().name());
      item.draw();
      var unused = lane.turnTaken(item);
    }
    return owners;
  }

  private JobId draw() {
    ActiveItem item = lane.peek();
    assertThat(item).isNotNull();
    JobId id = item.draw();
    var unused = lane.turnTaken(item);
    return id;
  }
}
