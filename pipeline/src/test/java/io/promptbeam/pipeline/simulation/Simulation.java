package io.promptbeam.pipeline.simulation;

import io.promptbeam.notice.Notice;
import io.promptbeam.notice.Target;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.SimulatedBigtable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** One world, from its seed to the end of its last job. */
final class Simulation {
  /** Some are still trying to submit when the faults end. */
  private static final Duration CLIENTS_PATIENCE = Duration.ofMinutes(5);

  /** Until everybody has noticed that all jobs have ended. */
  private static final Duration TIDYING = Duration.ofMinutes(3);

  private final World world;
  private final Scenario scenario;
  private final Plant plant;
  private final Totals totals = new Totals();
  private final SimulatedBigtable tables;
  private final Ledger ledger;
  private final SimQueue queue;
  private final SimRunner runner;
  private final List<SimWorker> workers = new ArrayList<>();
  private final List<SimApi> apis = new ArrayList<>();
  private int busyClients;
  private int stores;
  private boolean kind;
  private int storeDown;
  private int queueDown;
  private int llmDown;

  private Simulation(long seed, Plant plant, Set<Promise> watched, boolean noting) {
    this.world = new World(seed, noting);
    this.scenario = Scenario.of(world.random());
    this.plant = plant;
    this.ledger = new Ledger(this, watched);
    this.tables = new SimulatedBigtable(ledger);
    this.queue = new SimQueue(this);
    this.runner = new SimRunner(this);
  }

  /** What a world came to. */
  record Result(
      long seed,
      Scenario scenario,
      Totals totals,
      Optional<Violation> violation,
      List<World.Note> notes) {}

  /** Runs the world of {@code seed}; one that broke a promise again, to write its history down. */
  static Result run(long seed, Supplier<Plant> plant, Set<Promise> watched) {
    Result result = run(seed, plant.get(), watched, false);
    return result.violation().isEmpty() ? result : run(seed, plant.get(), watched, true);
  }

  static Result run(long seed, Plant plant, Set<Promise> watched, boolean noting) {
    Simulation simulation = new Simulation(seed, plant, watched, noting);
    try {
      simulation.run();
    } catch (RuntimeException e) {
      simulation.ledger.violated(Promise.NOTHING_UNFORESEEN, "", stackOf(e));
    }
    return new Result(
        seed,
        simulation.scenario,
        simulation.totals,
        simulation.ledger.violation(),
        simulation.world.notes());
  }

  private static String stackOf(RuntimeException unforeseen) {
    StringWriter text = new StringWriter();
    unforeseen.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private void run() {
    for (int i = 0; i < scenario.apis(); i++) {
      apis.add(new SimApi(this, "api" + i));
    }
    for (int i = 0; i < scenario.workers(); i++) {
      workers.add(new SimWorker(this, "worker" + i));
    }
    apis.forEach(SimProcess::start);
    workers.forEach(SimProcess::start);
    if (scenario.durable()) {
      sweepBuckets();
    }
    planFaults();
    long submissionsEnd = scenario.faultsFor().toNanos() * 3 / 4;
    for (int i = 0; i < scenario.jobs(); i++) {
      SimClient client = new SimClient(this, i);
      world.in(world.random().nextLong(submissionsEnd), client::submit);
    }
    long kindFrom = scenario.faultsFor().toNanos();
    world.in(kindFrom, this::becomeKind);
    world.run(() -> ledger.violation().isPresent(), kindFrom);
    world.run(
        () -> ledger.violation().isPresent() || isQuiet(),
        kindFrom + CLIENTS_PATIENCE.plus(scenario.patience()).toNanos());
    if (ledger.violation().isEmpty()) {
      checkEnd();
    }
    workers.forEach(SimWorker::checkFigures);
    if (ledger.violation().isEmpty() && scenario.maxSkew().isZero()) {
      long tidied = world.nowNanos() + TIDYING.toNanos();
      world.run(() -> ledger.violation().isPresent(), tidied);
      checkNothingIsLeftBehind();
    }
    totals.add("virtual seconds", world.nowNanos() / 1_000_000_000);
    queue.close();
  }

  /** Nothing is left to do, and nothing is left over. */
  private boolean isQuiet() {
    return busyClients == 0 && ledger.notEnded() == 0 && ledger.dueThoughEnded() == 0;
  }

  private void checkEnd() {
    ledger
        .histories()
        .forEach(
            (id, history) -> {
              var job = tables.job(id);
              if (history.accepted != null && job.isEmpty()) {
                ledger.violated(
                    Promise.ACCEPTED_JOBS_ARE_STORED, id.toString(), "accepted and gone");
              } else if (job.isPresent() && !job.get().run().state().isTerminal()) {
                ledger.violated(
                    Promise.EVERY_JOB_ENDS,
                    id.toString(),
                    "still "
                        + Ledger.describe(job.get().run())
                        + " "
                        + scenario.patience()
                        + " after the last fault and submission");
              } else if (job.isPresent() && history.dueEntries > 0) {
                ledger.violated(
                    Promise.NOT_DUE_ONCE_ENDED,
                    id.toString(),
                    "it still has " + history.dueEntries + " due entries");
              } else if (ledger.watches(Promise.NOTICES_ARE_KEPT)
                  && job.isPresent()
                  && !tables.hasNotice(Notice.of(job.get(), Target.WEBHOOK))) {
                ledger.violated(
                    Promise.NOTICES_ARE_KEPT,
                    id.toString(),
                    "it is " + Ledger.describe(job.get().run()) + ", and nobody will be told");
              }
            });
  }

  private void checkNothingIsLeftBehind() {
    for (SimWorker worker : workers) {
      worker.checkIdleFigures();
      if (worker.unfinished() > 0) {
        ledger.violated(
            Promise.NOTHING_IS_LEFT_BEHIND,
            "",
            worker.label() + " still waits for " + worker.unfinished() + " jobs, all ended");
      }
    }
    if (runner.size() > 0) {
      ledger.violated(
          Promise.NOTHING_IS_LEFT_BEHIND, "", runner.size() + " items are left in state");
    }
  }

  private void planFaults() {
    long faultsFor = scenario.faultsFor().toNanos();
    for (int i = 0; i < scenario.storeOutages(); i++) {
      outage("the store", faultsFor, change -> storeDown += change);
    }
    for (int i = 0; i < scenario.queueOutages(); i++) {
      outage("the queue", faultsFor, change -> queueDown += change);
    }
    for (int i = 0; i < scenario.llmOutages(); i++) {
      outage("the provider", faultsFor, change -> llmDown += change);
    }
    for (int i = 0; i < scenario.gracefulRestarts(); i++) {
      world.in(world.random().nextLong(faultsFor), () -> anyWorker().restartGracefully());
    }
    List<SimProcess> processes = processes();
    for (SimProcess process : processes) {
      if (world.chance(scenario.clockJumps())) {
        world.in(
            world.random().nextLong(faultsFor),
            () -> {
              process.drawSkew();
              totals.count("clock jumps");
              world.note(
                  process.label(),
                  () -> "its clock jumps to " + Duration.ofNanos(process.skewNanos()));
            });
      }
    }
  }

  private interface Switch {
    void change(int by);
  }

  private void outage(String of, long faultsForNanos, Switch down) {
    long from = world.random().nextLong(faultsForNanos);
    long length =
        Math.min(
            world.between(Duration.ofSeconds(2), Duration.ofMinutes(10)).toNanos(),
            faultsForNanos - from);
    world.in(
        from,
        () -> {
          down.change(1);
          totals.count("outages of " + of);
          world.note("world", () -> of + " is away");
        });
    world.in(
        from + length,
        () -> {
          down.change(-1);
          world.note("world", () -> of + " is back");
        });
  }

  private void becomeKind() {
    kind = true;
    world.note("world", () -> "no more faults");
    processes().forEach(SimProcess::wake);
  }

  private void sweepBuckets() {
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      int of = bucket;
      SimWorker worker = anyWorker();
      if (worker.isUp()) {
        worker.later(Duration.ofMillis(1), () -> worker.sweep(of));
      }
    }
    world.in(scenario.sweepEvery(), this::sweepBuckets);
  }

  private List<SimProcess> processes() {
    List<SimProcess> all = new ArrayList<>(apis);
    all.addAll(workers);
    return all;
  }

  /** One that takes work, if there is one. */
  SimWorker anyWorker() {
    List<SimWorker> ready = workers.stream().filter(SimWorker::takesWork).toList();
    return world.oneOf(ready.isEmpty() ? workers : ready);
  }

  SimApi anyApi() {
    return world.oneOf(apis);
  }

  /** A store for the incarnation of {@code process} that begins now. */
  JobStore open(SimProcess process) {
    JobStore real =
        tables.open(
            new StoreLink(process),
            process.clock(),
            process.label() + "-" + stores++ + "-",
            plant.oldCellsCount());
    return plant.store(real);
  }

  /** Whether the time of faults is over. */
  boolean isKind() {
    return kind;
  }

  boolean isStoreDown() {
    return storeDown > 0;
  }

  boolean isQueueDown() {
    return queueDown > 0;
  }

  boolean isLlmDown() {
    return llmDown > 0;
  }

  World world() {
    return world;
  }

  Scenario scenario() {
    return scenario;
  }

  Plant plant() {
    return plant;
  }

  Totals totals() {
    return totals;
  }

  SimulatedBigtable tables() {
    return tables;
  }

  Ledger ledger() {
    return ledger;
  }

  SimQueue queue() {
    return queue;
  }

  SimRunner runner() {
    return runner;
  }

  void clientIsBusy(boolean busy) {
    busyClients += busy ? 1 : -1;
  }
}
