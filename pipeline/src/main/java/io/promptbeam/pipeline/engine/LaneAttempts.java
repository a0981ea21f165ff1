package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobSpec;
import io.promptbeam.store.JobStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

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
  private final Function<ActiveItem, CompletableFuture<Boolean>> gate;
  private final Listener listener;

  /**
   * @param running where attempts are noted while they run; thread-safe
   * @param lane hears what calls tell of the provider
   * @param gate lets items begin whose jobs may not be read before
   */
  LaneAttempts(
      String model,
      AttemptContext context,
      JobStore store,
      Set<Attempt> running,
      LanePermit.Lane lane,
      Function<ActiveItem, CompletableFuture<Boolean>> gate,
      Listener listener) {
    this.model = model;
    this.context = context;
    this.store = store;
    this.running = running;
    this.lane = lane;
    this.gate = gate;
    this.listener = listener;
  }

  private record Begun(Start start, Attempt attempt) {}

  void begin(List<Start> starts) {
    List<Begun> ready = new ArrayList<>(starts.size());
    Map<ActiveItem, List<Begun>> gated = new LinkedHashMap<>();
    for (Start start : starts) {
      List<Begun> where =
          start.item().hasBegun()
              ? ready
              : gated.computeIfAbsent(start.item(), item -> new ArrayList<>());
      where.add(new Begun(start, attempt(start)));
    }
    read(ready);
    gated.forEach(this::readOnceBegun);
  }

  private void readOnceBegun(ActiveItem item, List<Begun> these) {
    var unused =
        gate.apply(item)
            .whenComplete(
                (begun, failure) -> {
                  if (failure != null) {
                    these.forEach(each -> each.attempt().storeFailed(failure));
                  } else if (begun) {
                    read(these);
                  } else {
                    these.forEach(each -> each.attempt().decide(new Verdict.Cut()));
                  }
                });
  }

  private void read(List<Begun> these) {
    if (these.isEmpty()) {
      return;
    }
    List<JobId> ids = these.stream().map(each -> each.start().job()).toList();
    var unused =
        store
            .read(ids, Set.of(JobStore.Part.REQUEST))
            .whenComplete(
                (found, failure) -> {
                  for (Begun each : these) {
                    if (failure != null) {
                      each.attempt().storeFailed(failure);
                    } else {
                      begin(
                          each.start(),
                          each.attempt(),
                          Optional.<Job>ofNullable(found.get(each.start().job())));
                    }
                  }
                });
  }

  private static void begin(Start start, Attempt attempt, Optional<Job> found) {
    if (found.isPresent() && !isTrue(start.item().item(), found.get().spec())) {
      attempt.misaddressed(found.get());
    } else if (start.terms().refusal().isPresent()) {
      attempt.refuse(found, start.terms().refusal().get());
    } else {
      attempt.begin(found);
    }
  }

  /** Anybody who may publish can write a reference; the row is what counts. */
  private static boolean isTrue(WorkItem item, JobSpec spec) {
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
            AttemptSpans.of(context.config().tracing(), start.item(), context.clock()),
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
