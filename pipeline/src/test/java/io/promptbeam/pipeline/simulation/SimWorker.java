package io.promptbeam.pipeline.simulation;

import static java.util.Objects.requireNonNull;

import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.engine.Backoff;
import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.SingleJob;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.pipeline.simulation.SimQueue.Message;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import io.promptbeam.pipeline.sweep.SweepConfig;
import io.promptbeam.pipeline.sweep.Sweeper;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.usage.UsageLedger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A worker of the pipeline: engine, sweep, and the bundles that bring them their work. */
final class SimWorker extends SimProcess {
  private static final Duration SWEEP_PATIENCE = Duration.ofSeconds(60);

  private final long[] sweepingSince = new long[DueEntry.BUCKETS];
  private final boolean[] everythingSeen = new boolean[DueEntry.BUCKETS];
  private @Nullable JobStore store;
  private @Nullable CallEngine engine;
  private @Nullable SimScheduler scheduler;
  private long startedNanos;
  private boolean draining;
  private boolean takenForDead;

  SimWorker(Simulation sim, String name) {
    super(sim, name);
  }

  @Override
  void started() {
    startedNanos = world.nowNanos();
    draining = false;
    takenForDead = false;
    Arrays.fill(sweepingSince, Long.MIN_VALUE);
    Arrays.fill(everythingSeen, false);
    store = sim.open(this);
    scheduler = new SimScheduler(this);
    Scenario scenario = sim.scenario();
    engine =
        new CallEngine(
            label(),
            store,
            new SimLlm(this),
            model -> new WorkerQuota(SimLlm.limits(scenario), world.nowNanos()),
            new EngineConfig(
                scenario.leaseFor(),
                Duration.ofMillis(10),
                200,
                Backoff.DEFAULT,
                Duration.ofSeconds(10)),
            scheduler,
            world.random());
    if (!scenario.durable()) {
      sweepAll();
    }
  }

  @Override
  void ended() {
    checkFigures();
    requireNonNull(scheduler).close();
    engine = null;
    store = null;
    sim.runner().lost(this, incarnation());
  }

  @Override
  void pausedFor(Duration howLong) {
    boolean noticed = howLong.compareTo(Duration.ofSeconds(20)) > 0;
    if (sim.scenario().durable() && noticed && world.random().nextBoolean()) {
      takenForDead = true;
      sim.totals().count("paused workers taken for dead");
      sim.runner().lost(this, incarnation());
      // Its bundles are refused once it is back, and after a while its runner ends it.
      int of = incarnation();
      Duration until = howLong.plus(world.between(Duration.ofSeconds(1), Duration.ofSeconds(90)));
      world.in(
          until,
          () -> {
            if (isUp() && incarnation() == of) {
              stop(Duration.ofSeconds(5));
            }
          });
    }
  }

  boolean takesWork() {
    return isUp() && !draining && !takenForDead;
  }

  /** Holds what its engine has counted against what it really did. */
  void checkFigures() {
    if (engine != null && sim.ledger().watches(Promise.FIGURES_ADD_UP)) {
      new FiguresCheck(sim.ledger(), label(), engine.figures()).check();
    }
  }

  /** Nothing is left to do, and nothing is on its way. */
  void checkIdleFigures() {
    if (engine != null && sim.ledger().watches(Promise.FIGURES_ADD_UP)) {
      boolean heardEverything = !storeFailedSince(startedNanos) && !pausedSince(startedNanos);
      new FiguresCheck(sim.ledger(), label(), engine.figures()).checkIdle(heardEverything);
    }
  }

  /** Jobs it waits for or calls. */
  long unfinished() {
    return engine == null ? 0 : engine.stats().waiting() + engine.stats().inFlight();
  }

  /** Ends as a service does that is asked to. */
  void restartGracefully() {
    if (!takesWork()) {
      return;
    }
    sim.totals().count("graceful restarts");
    world.note(label(), () -> "drains");
    draining = true;
    sim.ledger().drains(this);
    int of = incarnation();
    var unused =
        requireNonNull(engine)
            .drain()
            .whenComplete(
                (done, failure) -> {
                  if (isUp() && incarnation() == of) {
                    world.note(label(), () -> "has drained");
                    stop(Duration.ofSeconds(3));
                  }
                });
  }

  /** One bundle: what it does to state and the queue happens at its end, or not at all. */
  void receive(Message message) {
    if (!takesWork()) {
      return;
    }
    bundle(message.references, () -> message.acknowledged = true);
  }

  private void bundle(List<JobReference> references, Runnable acknowledge) {
    List<JobReference> passed =
        references.stream()
            .filter(reference -> sim.plant().passes(reference.jobId(), world.nowNanos()))
            .toList();
    boolean[] committed = new boolean[1];
    passed.forEach(reference -> offer(reference, () -> committed[0]));
    later(
        world.between(Duration.ofMillis(1), Duration.ofMillis(500)),
        () -> {
          if (takenForDead) {
            return;
          }
          if (sim.scenario().durable()) {
            passed.forEach(reference -> sim.runner().keep(reference, this));
          }
          committed[0] = true;
          acknowledge.run();
        });
  }

  /** Takes over what waits in the runner's state. */
  void takeOver(JobReference reference) {
    offer(reference, () -> true);
  }

  private void offer(JobReference reference, BooleanSupplier committed) {
    if (engine == null) {
      return;
    }
    engine.offer(
        new SingleJob(reference),
        new WorkListener() {
          @Override
          public void jobEnded(JobOutcome outcome) {
            sim.totals().count("outcomes said");
          }

          @Override
          public void itemFinished(WorkItem item) {
            tidyLater(reference, committed);
          }
        });
  }

  /** What is not in state yet cannot be taken out of it. */
  private void tidyLater(JobReference reference, BooleanSupplier committed) {
    later(
        Duration.ofMillis(200),
        () -> {
          if (takenForDead) {
            return;
          }
          if (committed.getAsBoolean()) {
            sim.runner().finished(reference.jobId(), this);
          } else {
            tidyLater(reference, committed);
          }
        });
  }

  private void sweepAll() {
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      sweep(bucket);
    }
    later(sim.scenario().sweepEvery(), this::sweepAll);
  }

  private void tell(UsageLedger ledger, List<JobOutcome> ended) {
    ended.forEach(job -> ledger.ended(job.owner(), job.modelId(), job.state(), clock().instant()));
  }

  void sweep(int bucket) {
    JobStore current = store;
    boolean busy =
        sweepingSince[bucket] != Long.MIN_VALUE
            && world.nowNanos() - sweepingSince[bucket] < SWEEP_PATIENCE.toNanos();
    if (current == null || !takesWork() || busy) {
      return;
    }
    UsageLedger ledger = sim.plant().sweepsLedger(requireNonNull(engine).ledger());
    boolean everything = !sim.scenario().durable() && !everythingSeen[bucket];
    long since = world.nowNanos();
    sweepingSince[bucket] = since;
    var unused =
        new Sweeper(current, requireNonNull(engine).endedNotices(), clock(), SweepConfig.DEFAULT)
            .sweep(bucket, everything ? Sweeper.Scope.EVERYTHING : Sweeper.Scope.DUE)
            .whenComplete(
                (swept, failure) -> {
                  if (sweepingSince[bucket] != since
                      || world.nowNanos() - since >= SWEEP_PATIENCE.toNanos()) {
                    return;
                  }
                  sweepingSince[bucket] = Long.MIN_VALUE;
                  if (swept == null) {
                    sim.totals().count("sweeps that failed");
                    return;
                  }
                  everythingSeen[bucket] = true;
                  sim.totals().add("jobs handed over by the sweep", swept.again().size());
                  sim.totals().add("jobs ended by the sweep", swept.ended().size());
                  tell(ledger, swept.ended());
                  if (!swept.again().isEmpty()) {
                    List<JobReference> again = swept.again();
                    again.forEach(reference -> sim.ledger().handedOver(reference.jobId(), this));
                    later(
                        world.between(Duration.ofMillis(1), Duration.ofMillis(500)),
                        () -> bundle(again, () -> {}));
                  }
                });
  }
}
