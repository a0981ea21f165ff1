package io.promptbeam.pipeline.simulation;

import io.promptbeam.job.JobId;
import io.promptbeam.message.JobReference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A service runner's state: what waits outlives the worker it waits at, and is given to another one
 * when that worker is gone, or is taken for gone.
 */
final class SimRunner {
  private record Held(JobReference reference, SimWorker home, int incarnation) {}

  private final Simulation sim;
  private final World world;
  private final Map<JobId, Held> state = new LinkedHashMap<>();

  SimRunner(Simulation sim) {
    this.sim = sim;
    this.world = sim.world();
  }

  int size() {
    return state.size();
  }

  /** Part of a bundle's commit. */
  void keep(JobReference reference, SimWorker worker) {
    state.putIfAbsent(reference.jobId(), new Held(reference, worker, worker.incarnation()));
  }

  void finished(JobId job, SimWorker worker) {
    Held held = state.get(job);
    if (held != null && held.home() == worker && held.incarnation() == worker.incarnation()) {
      state.remove(job);
    }
  }

  /** The incarnation of {@code worker} that runs now is gone, or is taken for gone. */
  void lost(SimWorker worker, int incarnation) {
    world.in(
        world.between(Duration.ofSeconds(1), Duration.ofSeconds(60)),
        () -> moveAwayFrom(worker, incarnation));
  }

  private void moveAwayFrom(SimWorker worker, int incarnation) {
    List<Held> orphans =
        state.values().stream()
            .filter(held -> held.home() == worker && held.incarnation() == incarnation)
            .toList();
    if (orphans.isEmpty()) {
      return;
    }
    SimWorker heir = sim.anyWorker();
    if (!heir.takesWork() || (heir == worker && heir.incarnation() == incarnation)) {
      world.in(Duration.ofSeconds(2), () -> moveAwayFrom(worker, incarnation));
      return;
    }
    for (Held orphan : orphans) {
      sim.totals().count("items moved to another worker");
      JobReference reference = orphan.reference();
      state.put(reference.jobId(), new Held(reference, heir, heir.incarnation()));
      heir.later(Duration.ofMillis(5), () -> heir.takeOver(reference));
    }
  }
}
