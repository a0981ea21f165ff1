package io.promptbeam.api.jobs;

import io.promptbeam.batch.ModelLoad;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Queue;
import io.promptbeam.store.LaneSnapshot.Rest;
import io.promptbeam.submit.WorkEstimate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a model does before an owner's work at batch priority is done, by the rule of fair turns:
 * what the owner had there before, and of each other owner as much as its weight gives it
 * meanwhile. Right as of the snapshots, if nobody comes. Pure.
 */
public final class LaneAhead {
  private static final double INTERACTIVE_PER_BATCH = 9;

  private LaneAhead() {}

  /**
   * Of all workers together, among which the work is taken to be spread evenly.
   *
   * @param weight of the owner
   * @param since what of the owner's own came before that is ahead of the work
   */
  public static WorkEstimate.Ahead of(
      Owner owner, int weight, Instant since, ModelLoad load, List<LaneSnapshot> all, Instant now) {
    List<LaneSnapshot> lanes =
        all.stream().filter(lane -> WaitingReasons.isLive(lane.at(), now)).toList();
    Optional<Duration> callTakes = WaitingReasons.callTakes(lanes);
    double jobs = 0;
    double tokens = 0;
    for (LaneSnapshot lane : lanes) {
      double work = (double) load.tokens() / lanes.size();
      var ahead = inLane(owner, weight, since, work, lane);
      jobs += ahead.jobs();
      tokens += ahead.tokens();
    }
    return new WorkEstimate.Ahead(jobs, tokens, callTakes);
  }

  private static WorkEstimate.Ahead inLane(
      Owner owner, int weight, Instant since, double work, LaneSnapshot lane) {
    Optional<Queue> mine =
        lane.queues().stream()
            .filter(queue -> queue.owner().equals(owner) && queue.priority() == Priority.BATCH)
            .findFirst();
    double jobs = mine.map(queue -> Math.max(0, FairPosition.aheadIn(queue, since))).orElse(0.0);
    double tokens =
        mine.map(queue -> (double) queue.tokens() / Math.max(1, queue.jobs())).orElse(0.0) * jobs;
    // The virtual time at which the work is done.
    double turn = mine.map(Queue::lag).orElse(0.0) + (tokens + work) / weight;
    double interactiveJobs = 0;
    double interactiveTokens = 0;
    for (Queue other : lane.queues()) {
      if (other.priority() == Priority.INTERACTIVE) {
        interactiveJobs += other.jobs();
        interactiveTokens += other.tokens();
      } else if (!other.owner().equals(owner) && !other.held()) {
        double before =
            Math.min((double) other.tokens(), Math.max(0, turn - other.lag()) * other.weight());
        tokens += before;
        jobs += before * other.jobs() / Math.max(1, other.tokens());
      }
    }
    for (Rest rest : lane.others()) {
      if (rest.priority() == Priority.INTERACTIVE) {
        interactiveJobs += rest.jobs();
        interactiveTokens += rest.tokens();
      } else {
        double before = Math.min((double) rest.tokens(), Math.max(0, turn) * rest.weights());
        tokens += before;
        jobs += before * rest.jobs() / Math.max(1, rest.tokens());
      }
    }
    double first = Math.min(interactiveTokens, (tokens + work) * INTERACTIVE_PER_BATCH);
    double firstJobs = interactiveTokens == 0 ? 0 : first * interactiveJobs / interactiveTokens;
    return new WorkEstimate.Ahead(jobs + firstJobs, tokens + first, Optional.empty());
  }
}
