package io.promptbeam.api.jobs;

import io.promptbeam.job.JobSpec;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Mark;
import io.promptbeam.store.LaneSnapshot.Queue;
import io.promptbeam.store.LaneSnapshot.Rest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where a job stands in one worker's lane, by the rule of its fair turns: before it come the jobs
 * of its owner that were there before, and of each other owner as many tokens as its weight gives
 * it in that time. Right as of the snapshot, to within a largest request of each owner, if requests
 * are as large as estimated and nobody comes; who comes later shares what is left. Pure.
 *
 * @param aheadOfOwner jobs of its owner that are before it
 * @param ahead jobs before it, of all owners
 * @param share of the tokens that its owner has at its priority
 * @param heldBy why its owner has no turn; empty while it has
 */
record FairPosition(double aheadOfOwner, double ahead, double share, Optional<String> heldBy) {
  private static final double INTERACTIVE_PER_BATCH = 9;

  /** Jobs that came to the worker much later than they were made were handed over again. */
  private static final Duration HANDED_OVER_AGAIN = Duration.ofSeconds(60);

  /** Empty when no job of the owner waits there at the job's priority. */
  static Optional<FairPosition> of(JobSpec job, LaneSnapshot lane) {
    Priority priority = job.limits().priority();
    Optional<Queue> known = own(job.owner(), priority, lane);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    Queue mine = known.get();
    double own = Math.max(0, aheadIn(mine, job.createdAt()));
    double perJob = (double) mine.tokens() / Math.max(1, mine.jobs());
    double ownTokens = own * perJob;
    // The virtual time at which it has its turn.
    double turn = mine.lag() + ownTokens / mine.weight();
    double tokens = ownTokens;
    double jobs = own;
    double weights = mine.weight();
    for (Queue other : lane.queues()) {
      if (other.priority() == priority && !other.owner().equals(mine.owner())) {
        weights += other.weight();
        double before =
            other.held()
                ? 0
                : Math.min(
                    (double) other.tokens(), Math.max(0, turn - other.lag()) * other.weight());
        tokens += before;
        jobs += before * other.jobs() / Math.max(1, other.tokens());
      }
    }
    for (Rest rest : lane.others()) {
      if (rest.priority() == priority) {
        weights += rest.weights();
        double before = Math.min((double) rest.tokens(), Math.max(0, turn) * rest.weights());
        tokens += before;
        jobs += before * rest.jobs() / Math.max(1, rest.tokens());
      }
    }
    jobs += ofOtherPriority(priority, tokens + perJob, lane);
    double share = mine.weight() / weights * (otherWaits(priority, lane) ? part(priority) : 1);
    return Optional.of(new FairPosition(own, jobs, share, mine.heldBy()));
  }

  private static Optional<Queue> own(Owner owner, Priority priority, LaneSnapshot lane) {
    Optional<Queue> told =
        lane.queues().stream()
            .filter(queue -> queue.owner().equals(owner) && queue.priority() == priority)
            .findFirst();
    if (told.isPresent()) {
      return told;
    }
    // One of those that are not told apart: as long as the average of them.
    return lane.others().stream()
        .filter(rest -> rest.priority() == priority && rest.owners() > 0)
        .map(
            rest ->
                new Queue(
                    owner,
                    priority,
                    Math.max(1, rest.jobs() / rest.owners()),
                    Math.max(1, rest.tokens() / rest.owners()),
                    (int) Math.max(1, rest.weights() / rest.owners()),
                    0,
                    Optional.empty(),
                    List.of()))
        .findFirst();
  }

  /** Jobs of the queue that came before {@code created}; between two marks they came evenly. */
  static double aheadIn(Queue queue, Instant created) {
    List<Mark> marks = queue.marks();
    if (marks.isEmpty()) {
      return queue.jobs() / 2.0;
    }
    Mark first = marks.get(0);
    if (created.plus(HANDED_OVER_AGAIN).isBefore(first.at())) {
      // The whole queue was handed over at once, in no order: it may stand anywhere in it.
      return queue.jobs() / 2.0;
    }
    Mark before = first;
    for (Mark mark : marks) {
      if (mark.at().isAfter(created)) {
        return mark.equals(first) ? 0 : between(before, mark, created);
      }
      before = mark;
    }
    // It is one of the last; itself it does not count.
    return queue.jobs() - 1.0;
  }

  private static double between(Mark before, Mark after, Instant time) {
    double whole = Duration.between(before.at(), after.at()).toMillis();
    double part = Duration.between(before.at(), time).toMillis();
    return before.ahead() + (after.ahead() - before.ahead()) * part / Math.max(1, whole);
  }

  private static double ofOtherPriority(Priority priority, double tokens, LaneSnapshot lane) {
    Priority other = priority == Priority.BATCH ? Priority.INTERACTIVE : Priority.BATCH;
    double itsTokens = 0;
    double itsJobs = 0;
    for (Queue queue : lane.queues()) {
      if (queue.priority() == other) {
        itsTokens += queue.tokens();
        itsJobs += queue.jobs();
      }
    }
    for (Rest rest : lane.others()) {
      if (rest.priority() == other) {
        itsTokens += rest.tokens();
        itsJobs += rest.jobs();
      }
    }
    double before =
        priority == Priority.BATCH
            ? tokens * INTERACTIVE_PER_BATCH
            : tokens / INTERACTIVE_PER_BATCH;
    double jobs = itsTokens == 0 ? 0 : Math.min(itsTokens, before) * itsJobs / itsTokens;
    // A batch job goes before an interactive one only when a whole one has been earned.
    return priority == Priority.BATCH ? jobs : Math.floor(jobs);
  }

  private static boolean otherWaits(Priority priority, LaneSnapshot lane) {
    return lane.queues().stream().anyMatch(queue -> queue.priority() != priority)
        || lane.others().stream().anyMatch(rest -> rest.priority() != priority);
  }

  private static double part(Priority priority) {
    return priority == Priority.BATCH
        ? 1 / (INTERACTIVE_PER_BATCH + 1)
        : INTERACTIVE_PER_BATCH / (INTERACTIVE_PER_BATCH + 1);
  }
}
