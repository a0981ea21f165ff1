package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobError;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.usage.UsageLedger;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the calls of one worker, however many threads or bundles its runner has: thousands in
 * flight, none of them holding a thread. One loop owns lanes and items; reads, claims, calls and
 * records are asynchronous and come back to it as verdicts. Thread-safe.
 */
public final class CallEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);

  private final String id;
  private final JobStore store;
  private final Function<String, Quota> quotas;
  private final Spending spending;
  private final UsageLedger ledger;
  private final AttemptContext context;
  private final OwnerCalls owners;
  private final EndedJobs endedJobs;
  private final EndedNotices endedNotices;
  private final LaneReports reports;
  private final Segments segments;
  private final Settlement settling;
  private final Draining draining;
  private final Map<String, LanePump> lanes = new ConcurrentHashMap<>();
  private final Map<String, ActiveItem> items = new HashMap<>();
  // In order, so that a simulation goes the same way every time.
  private final Set<Attempt> attempts = Collections.synchronizedSet(new LinkedHashSet<>());
  private @Nullable CompletableFuture<Void> drained;
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
    this.owners =
        new OwnerCalls(owner -> OwnerCalls.Policy.of(clients.catalog().owner(owner), workers()));
    this.endedJobs = new EndedJobs(store.ownerCounters(), clients::catalog);
    this.endedNotices = new EndedNotices(store.notices(), clients::catalog, scheduler.clock());
    EngineFigures figures = new EngineFigures();
    ledger = new CountingLedger(spending.ledger(), model -> figures.of(laneOf(model)));
    AtomicLong claims = new AtomicLong();
    context =
        new AttemptContext(
            new Jobs(store, scheduler.clock()),
            clients,
            config,
            scheduler,
            random,
            figures,
            () -> id + "." + claims.incrementAndGet(),
            new UnheardClaims(),
            this::isFailing,
            ledger,
            () -> closing,
            new OutputChecks(),
            new Repairs(),
            new SharedAnswers(store));
    segments = new Segments(context, store, endedNotices);
    settling =
        new Settlement(
            context, new DueClearer(store, endedNotices), endedJobs, segments, items, this::lane);
    draining = new Draining(context, attempts, spending);
    spending.gate().onOpen(owner -> onLoop(() -> lanes.values().forEach(l -> l.free(owner))));
    reports = new LaneReports(id, store.lanes(), context, lanes);
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
          segments.add(active, settling);
          LanePump lane = lane(active.laneModel());
          active.waits(lane.figures(), item.jobs().size());
          lane.add(active);
        });
  }

  /** Where all of a worker that end jobs tell it. */
  public EndedJobs endedJobs() {
    return endedJobs;
  }

  /** Where all of a worker that end jobs and batches tell it, before they forget them. */
  public EndedNotices endedNotices() {
    return endedNotices;
  }

  /** For jobs that others than the engine have ended. */
  public UsageLedger ledger() {
    return ledger;
  }

  /** Unique among engines, also of other processes; part of every fencing token. */
  public String id() {
    return id;
  }

  /**
   * What it did since it started, by model id: models that had nothing to do are missing. {@link
   * EngineFigures} says how they add up. Any thread may ask, as often as it likes.
   */
  public List<ModelFigures> figures() {
    return context.figures().read(this::isFailing);
  }

  /** The {@link #figures} of all models together. */
  public EngineStats stats() {
    return EngineStats.of(figures());
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
    return lanes.computeIfAbsent(
        laneOf(modelId),
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

  /** Messages may name anything: what is not configured shares a lane, and fails there uncalled. */
  private String laneOf(String modelId) {
    boolean known = context.clients().catalog().find(modelId).isPresent();
    return known ? modelId : ModelFigures.UNKNOWN_MODELS;
  }

  private boolean isFailing(String modelId) {
    LanePump lane = lanes.get(modelId);
    return lane != null && lane.failure().isPresent();
  }

  private void onLoop(Runnable task) {
    context.scheduler().soon(Unforeseen.guarded(task));
  }

  /**
   * Starts no more calls, lets those in flight end for as long as configured, and then gives them
   * up: their jobs are handed back, to be called again at once by whoever finds them. Completes
   * when all that is written down, or after a short while, if the store does not take it. Once it
   * has begun, it is the same for all who ask.
   */
  public synchronized CompletableFuture<Void> drain() {
    closing = true;
    CompletableFuture<Void> begun = drained != null ? drained : draining.drain();
    drained = begun;
    return begun.copy();
  }

  /** {@link #drain}s, blocking, then stops. */
  @Override
  public void close() {
    try {
      drain().get(draining.patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("calls in flight did not end in time; their leases will lapse", e);
    } finally {
      context.scheduler().close();
    }
  }
}
