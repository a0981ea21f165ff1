package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.message.JobReference;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedJobs;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import java.security.SecureRandom;
import java.time.Duration;
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
  private final AttemptContext context;
  private final DueClearer due;
  private final OwnerCalls owners;
  private final EndedJobs endedJobs;
  private final LaneReports reports;
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
    return new CallEngine(
        HexFormat.of().toHexDigits(new SecureRandom().nextLong()),
        store,
        clients,
        quotas,
        config,
        Scheduler.ofThread("call-engine"),
        () -> ThreadLocalRandom.current().nextLong());
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
      EngineConfig config,
      Scheduler scheduler,
      RandomGenerator random) {
    this.id = id;
    this.store = store;
    this.quotas = quotas;
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
            () -> closing);
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
          lane(item.modelId()).add(active);
          context.counters().waiting(item.jobs().size());
        });
  }

  /** Where all of a worker that end jobs tell it. */
  public EndedJobs endedJobs() {
    return endedJobs;
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
                model, context, store, quotas.apply(model), owners, attempts, this::settle));
  }

  private void settle(LanePump lane, ActiveItem item, JobId job, Verdict verdict) {
    if (verdict instanceof Verdict.Retry retry) {
      context.counters().waiting(1);
      onLoopAfter(retry.delay(), () -> lane.whenBudgeted(item, () -> putBack(lane, item, job)));
    } else if (verdict instanceof Verdict.LookAgain again) {
      context.counters().waiting(1);
      onLoopAfter(again.delay(), () -> putBack(lane, item, job));
    } else if (verdict instanceof Verdict.Misaddressed wrong) {
      context.counters().waiting(1);
      item.readdress(new SingleJob(JobReference.to(wrong.job().spec())));
      putBack(lane(item.item().modelId()), item, job);
    } else {
      if (verdict instanceof Verdict.Ended ended) {
        context.counters().jobEnded();
        endedJobs.count(ended.job().spec().owner(), 1);
        due.clear(DueEntry.first(ended.job().spec()));
        // Said once; the other listeners only wait for the item to be finished.
        item.listeners().get(0).jobEnded(JobOutcome.of(ended.job()));
      }
      context.unheard().forget(job);
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
            });
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
    Duration patience = context.config().drainFor().plus(RECORD_PATIENCE.multipliedBy(2));
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
