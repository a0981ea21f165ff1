package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.usage.UsageLedger;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the calls of one worker, however many threads or bundles its runner has: thousands in
 * flight, none of them holding a thread. One loop owns lanes and items; reads, claims, calls and
 * records are asynchronous and come back to it as verdicts. Thread-safe.
 */
public final class CallEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);

  /** For writing down what became of calls that were given up. */
  private static final Duration RECORD_PATIENCE = Duration.ofSeconds(2);

  private static final String UNKNOWN_MODELS = "?";
  private static final Duration DRAIN_LOOK = Duration.ofMillis(20);

  private final String id;
  private final JobStore store;
  private final Function<String, Quota> quotas;
  private final Spending spending;
  private final AttemptContext context;
  private final DueClearer due;
  private final OwnerCalls owners;
  private final EndedJobs endedJobs;
  private final LaneReports reports;
  private final LanePump.Settling settling = new Settlement();
  private final Map<String, LanePump> lanes = new ConcurrentHashMap<>();
  private final Map<String, ActiveItem> items = new HashMap<>();
  // In order, so that a simulation goes the same way every time.
  private final Set<Attempt> attempts = Collections.synchronizedSet(new LinkedHashSet<>());
  private volatile boolean closing;

  /**
   * Starts an engine on a thread and the clocks of the system.
   *
   * @param quotas gives a model's quota; asked once per model
   */
  public static CallEngine start(
      JobStore store, LlmClients clients, Function<String, Quota> quotas, EngineConfig config) {
    return start(store, clients, quotas, Spending.NONE, config);
  }

  /**
   * Like {@link #start(JobStore, LlmClients, Function, EngineConfig)}, with cost kept account of.
   */
  public static CallEngine start(
      JobStore store,
      LlmClients clients,
      Function<String, Quota> quotas,
      Spending spending,
      EngineConfig config) {
    return new CallEngine(
        HexFormat.of().toHexDigits(new SecureRandom().nextLong()),
        store,
        clients,
        quotas,
        spending,
        config,
        Scheduler.ofThread("call-engine"),
        () -> ThreadLocalRandom.current().nextLong());
  }

  /** One that keeps no account of cost. */
  public CallEngine(
      String id,
      JobStore store,
      LlmClients clients,
      Function<String, Quota> quotas,
      EngineConfig config,
      Scheduler scheduler,
      RandomGenerator random) {
    this(id, store, clients, quotas, Spending.NONE, config, scheduler, random);
  }

  /**
   * An engine on {@code scheduler}, which it closes.
   *
   * @param id unlike that of any other engine there ever is
   */
  public CallEngine(
      String id,
      JobStore store,
      LlmClients clients,
      Function<String, Quota> quotas,
      Spending spending,
      EngineConfig config,
      Scheduler scheduler,
      RandomGenerator random) {
    this.id = id;
    this.store = store;
    this.quotas = quotas;
    this.spending = spending;
    this.due = new DueClearer(store);
    this.owners =
        new OwnerCalls(owner -> OwnerCalls.Policy.of(clients.catalog().owner(owner), workers()));
    this.endedJobs = new EndedJobs(store.ownerCounters(), clients::catalog);
    AtomicLong claims = new AtomicLong();
    context =
        new AttemptContext(
            new Jobs(store, scheduler.clock()),
            clients,
            config,
            scheduler,
            random,
            new Counters(),
            () -> id + "." + claims.incrementAndGet(),
            new UnheardClaims(),
            this::isFailing,
            spending.ledger(),
            () -> closing,
            new OutputChecks(),
            new Repairs(),
            new SharedAnswers(store));
    spending.gate().onOpen(owner -> onLoop(() -> lanes.values().forEach(l -> l.free(owner))));
    reports = new LaneReports(id, store.lanes(), context, lanes::values);
    reports.start();
  }

  /**
   * Queues {@code item}. Offering an item that is already here adds a listener, if it is a new one,
   * and no work, so that a redelivery is harmless.
   */
  public void offer(WorkItem item, WorkListener listener) {
    onLoop(
        () -> {
          ActiveItem known = items.get(item.key());
          if (known != null) {
            if (known.listeners().contains(listener)) {
              listener.alreadyListening(item);
            } else {
              known.listeners().add(listener);
            }
            return;
          }
          ActiveItem active = new ActiveItem(item);
          active.listeners().add(listener);
          items.put(item.key(), active);
          lane(active.laneModel()).add(active);
          context.counters().waiting(item.jobs().size());
        });
  }

  /** Where all of a worker that end jobs tell it. */
  public EndedJobs endedJobs() {
    return endedJobs;
  }

  /** For jobs that others than the engine have ended. */
  public UsageLedger ledger() {
    return spending.ledger();
  }

  /** Unique among engines, also of other processes; part of every fencing token. */
  public String id() {
    return id;
  }

  public EngineStats stats() {
    return context
        .counters()
        .snapshot(lanes.values().stream().filter(lane -> lane.failure().isPresent()).count());
  }

  /**
   * The models whose provider fails so much that only probes are sent, each with the last failure;
   * its text may quote what the provider said of a prompt.
   */
  public Map<String, JobError> failing() {
    Map<String, JobError> failing = new TreeMap<>();
    lanes.forEach((model, lane) -> lane.failure().ifPresent(error -> failing.put(model, error)));
    return failing;
  }

  private int workers() {
    return reports.workers();
  }

  private LanePump lane(String modelId) {
    // Messages may name anything: what is not configured shares a lane, and fails there uncalled.
    boolean known = context.clients().catalog().find(modelId).isPresent();
    return lanes.computeIfAbsent(
        known ? modelId : UNKNOWN_MODELS,
        model ->
            new LanePump(
                model,
                context,
                store,
                quotas.apply(model),
                owners,
                spending.gate(),
                attempts,
                settling));
  }

  private final class Settlement implements LanePump.Settling {
    @Override
    public void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict) {
      CallEngine.this.settle(lane, item, job, verdict);
    }

    /** Whether the job's request fits there is for the attempt to find out, which reads it. */
    @Override
    public Optional<String> instead(LanePump lane, ActiveItem item) {
      ModelCatalog catalog = context.clients().catalog();
      String own = item.item().modelId();
      return catalog.find(own).stream()
          .flatMap(model -> Stream.concat(Stream.of(own), model.fallbacks().stream()))
          .filter(id -> !id.equals(lane.model()) && item.mayMoveTo(id))
          .filter(id -> catalog.find(id).isPresent() && !isFailing(id))
          .findFirst();
    }
  }

  private boolean isFailing(String modelId) {
    LanePump lane = lanes.get(modelId);
    return lane != null && lane.failure().isPresent();
  }

  private void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict) {
    if (verdict instanceof Verdict.Retry retry) {
      context.counters().waiting(1);
      onLoopAfter(retry.delay(), () -> lane.whenBudgeted(item, () -> putBack(lane, item, job)));
    } else if (verdict instanceof Verdict.LookAgain again) {
      context.counters().waiting(1);
      onLoopAfter(again.delay(), () -> putBack(lane, item, job));
    } else if (verdict instanceof Verdict.Reroute reroute) {
      if (reroute.hereIsNoPlace()) {
        item.noPlaceAt(lane.model());
      }
      item.reroute(reroute.modelId());
      settle(lane(item.laneModel()), item, job, reroute.then());
    } else if (verdict instanceof Verdict.Misaddressed wrong) {
      context.counters().waiting(1);
      item.readdress(new SingleJob(JobReference.to(wrong.job().spec())));
      putBack(lane(item.laneModel()), item, job);
    } else {
      if (verdict instanceof Verdict.Ended ended) {
        context.counters().jobEnded();
        endedJobs.count(ended.job().spec().owner(), 1);
        due.clear(DueEntry.first(ended.job().spec()));
        spending
            .ledger()
            .ended(
                ended.job().spec().owner(),
                ended.job().spec().modelId(),
                ended.job().run().state(),
                ended.job().run().ending().orElseThrow().at());
        // Said once; the other listeners only wait for the item to be finished.
        item.listeners().get(0).jobEnded(JobOutcome.of(ended.job()));
      }
      context.unheard().forget(job);
      context.repairs().forget(job);
      if (item.jobFinished()) {
        items.remove(item.item().key());
        item.listeners().forEach(listener -> listener.itemFinished(item.item()));
      }
    }
  }

  private static void putBack(LanePump lane, ActiveItem item, JobId job) {
    if (item.putBack(job)) {
      lane.add(item);
    }
  }

  private void onLoop(Runnable task) {
    context.scheduler().soon(Unforeseen.guarded(task));
  }

  private void onLoopAfter(Duration wait, Runnable task) {
    var unused = context.after(wait, Unforeseen.guarded(task));
  }

  /**
   * Starts no more calls, lets those in flight end for as long as configured, and then gives them
   * up: their jobs are handed back, to be called again at once by whoever finds them. Completes
   * when all that is written down, or after a short while, if the store does not take it.
   */
  public CompletableFuture<Void> drain() {
    closing = true;
    // On the loop: what it is starting at this moment is noted by then.
    CompletableFuture<Void> started = new CompletableFuture<>();
    onLoop(() -> started.complete(null));
    return started
        .thenCompose(begun -> attemptsEnd(context.config().drainFor()))
        .thenCompose(
            ended -> {
              List.copyOf(attempts).forEach(Attempt::abortCall);
              return attemptsEnd(RECORD_PATIENCE);
            })
        .thenCompose(ended -> settleAccounts());
  }

  /** Writes what is counted and gives reservations back, or leaves that to time. */
  private CompletableFuture<Void> settleAccounts() {
    CompletableFuture<Void> written =
        CompletableFuture.allOf(spending.ledger().flush(), spending.gate().close());
    if (written.isDone()) {
      return written;
    }
    CompletableFuture<Void> settled = new CompletableFuture<>();
    onLoopAfter(RECORD_PATIENCE, () -> settled.complete(null));
    var unused = written.whenComplete((done, failure) -> settled.complete(null));
    return settled;
  }

  private CompletableFuture<Void> attemptsEnd(Duration patience) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    lookForEnd(context.nowNanos() + patience.toNanos(), ended);
    return ended;
  }

  private void lookForEnd(long untilNanos, CompletableFuture<Void> ended) {
    if (attempts.isEmpty() || context.nowNanos() - untilNanos >= 0) {
      ended.complete(null);
    } else {
      onLoopAfter(DRAIN_LOOK, () -> lookForEnd(untilNanos, ended));
    }
  }

  /** {@link #drain}s, blocking, then stops. */
  @Override
  public void close() {
    Duration patience = context.config().drainFor().plus(RECORD_PATIENCE.multipliedBy(3));
    try {
      drain().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("calls in flight did not end in time; their leases will lapse", e);
    } finally {
      context.scheduler().close();
    }
  }
}
