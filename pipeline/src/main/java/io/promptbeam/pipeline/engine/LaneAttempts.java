package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.store.JobStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Begins the attempts at a lane's starts, with one read for all of them, and tells when each has
 * ended. On the engine's loop; the attempts run wherever their steps complete.
 */
final class LaneAttempts {
  /** Hears of attempts' ends, on the loop. */
  interface Listener {
    /** Called once per start. */
    void ended(Start start, Verdict verdict, CallReport report, long usedTokens);
  }

  private final String model;
  private final AttemptContext context;
  private final JobStore store;
  private final Set<Attempt> running;
  private final LanePermit.Lane lane;
  private final Listener listener;

  /**
   * @param running where attempts are noted while they run; thread-safe
   * @param lane hears what calls tell of the provider
   */
  LaneAttempts(
      String model,
      AttemptContext context,
      JobStore store,
      Set<Attempt> running,
      LanePermit.Lane lane,
      Listener listener) {
    this.model = model;
    this.context = context;
    this.store = store;
    this.running = running;
    this.lane = lane;
    this.listener = listener;
  }

  void begin(List<Start> starts) {
    List<JobId> ids = new ArrayList<>(starts.size());
    List<Attempt> begun = new ArrayList<>(starts.size());
    for (Start start : starts) {
      ids.add(start.job());
      begun.add(attempt(start));
    }
    var unused =
        store
            .read(ids, Set.of(JobStore.Part.REQUEST))
            .whenComplete(
                (found, failure) -> {
                  for (int i = 0; i < ids.size(); i++) {
                    if (failure != null) {
                      begun.get(i).storeFailed(failure);
                    } else {
                      begin(
                          starts.get(i),
                          begun.get(i),
                          Optional.<Job>ofNullable(found.get(ids.get(i))));
                    }
                  }
                });
  }

  private static void begin(Start start, Attempt attempt, Optional<Job> found) {
    if (found.isPresent()
        && start.item().item() instanceof SingleJob single
        && !isTrue(single, found.get().spec())) {
      attempt.misaddressed(found.get());
    } else if (start.terms().refusal().isPresent()) {
      attempt.refuse(found, start.terms().refusal().get());
    } else {
      attempt.begin(found);
    }
  }

  /** Anybody who may publish can write a reference; the row is what counts. */
  private static boolean isTrue(SingleJob item, JobSpec spec) {
    return item.modelId().equals(spec.modelId())
        && item.owner().equals(spec.owner())
        && item.priority() == spec.limits().priority();
  }

  private Attempt attempt(Start start) {
    Attempt[] self = new Attempt[1];
    LanePermit permit = start.permit(lane, context);
    Attempt attempt =
        new Attempt(
            context,
            start.job(),
            model,
            permit,
            (verdict, report) -> {
              running.remove(self[0]);
              start.terms().reservation().settle(permit.costUsd());
              context
                  .scheduler()
                  .soon(
                      Unforeseen.guarded(
                          () -> listener.ended(start, verdict, report, permit.usedTokens())));
            });
    self[0] = attempt;
    running.add(attempt);
    return attempt;
  }
}
