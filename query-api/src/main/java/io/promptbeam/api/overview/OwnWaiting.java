package io.promptbeam.api.overview;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Queue;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How many of one owner's jobs wait. Pure.
 *
 * @param jobs by priority; a priority is missing where it is unknown, because a lane tells only the
 *     longest queues one by one and the owner's is not among them
 */
record OwnWaiting(Map<Priority, Long> jobs) {
  static OwnWaiting of(Owner owner, List<LaneSnapshot> lanes) {
    Map<Priority, Long> jobs = new EnumMap<>(Priority.class);
    for (Priority priority : Priority.values()) {
      long sum = 0;
      boolean known = true;
      for (LaneSnapshot lane : lanes) {
        Optional<Long> here =
            lane.queues().stream()
                .filter(queue -> queue.owner().equals(owner) && queue.priority() == priority)
                .map(Queue::jobs)
                .findFirst();
        sum += here.orElse(0L);
        known &=
            here.isPresent()
                || lane.others().stream().noneMatch(rest -> rest.priority() == priority);
      }
      if (known) {
        jobs.put(priority, sum);
      }
    }
    return new OwnWaiting(jobs);
  }

  /** Empty where a part is unknown. */
  Optional<Long> inAll() {
    return jobs.size() < Priority.values().length
        ? Optional.empty()
        : Optional.of(jobs.values().stream().mapToLong(count -> count).sum());
  }
}
