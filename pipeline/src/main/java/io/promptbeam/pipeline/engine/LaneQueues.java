package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * What waits in a lane, short enough to be put up for others.
 *
 * @param longest the owners' queues that are told one by one, by priority
 * @param others what the other owners have at each priority, together
 */
record LaneQueues(List<LaneSnapshot.Queue> longest, List<LaneSnapshot.Rest> others) {
  /** At each priority; a queue is some hundred bytes. */
  private static final int OWNERS_TOLD = 100;

  static LaneQueues of(Lane lane) {
    List<LaneSnapshot.Queue> longest = new ArrayList<>();
    List<LaneSnapshot.Rest> others = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      List<LaneSnapshot.Queue> all = lane.queues(priority);
      int told = Math.min(OWNERS_TOLD, all.size());
      longest.addAll(all.subList(0, told));
      List<LaneSnapshot.Queue> rest = all.subList(told, all.size());
      if (!rest.isEmpty()) {
        others.add(
            new LaneSnapshot.Rest(
                priority,
                rest.size(),
                rest.stream().mapToLong(LaneSnapshot.Queue::jobs).sum(),
                rest.stream().mapToLong(LaneSnapshot.Queue::tokens).sum(),
                rest.stream().mapToLong(LaneSnapshot.Queue::weight).sum()));
      }
    }
    return new LaneQueues(longest, others);
  }
}
