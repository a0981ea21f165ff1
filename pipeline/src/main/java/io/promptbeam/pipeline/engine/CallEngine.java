package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.Jobs;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the calls of one worker, however many threads or bundles its runner has: thousands in
 * flight, none of them holding a thread. One loop thread owns lanes and items; reads, claims, calls
 * and records are asynchronous and come back to it as verdicts. Thread-safe.
 */
public final class CallEngine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CallEngine.class);

  /** About 8 MB of prompts, at four characters a token. */
  private static final long MAX_TOKENS_PER_READ = 2_000_000;

  /** For writing down what became of calls that were given up. */
  private static final Duration RECORD_PATIENCE = Duration.ofSeconds(2);

  private final String id;
  private final JobStore store;
  private final Function<String, Quota> quotas;
  private final AttemptContext context;
  private final EngineConfig config;
  private final ScheduledThreadPoolExecutor loop;
  private final Map<String, LanePump> lanes = new HashMap<>();
  private final Map<String, ActiveItem> items = new HashMap<>();
  private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();
  private final AtomicLong waiting = new AtomicLong();
  private volatile boolean closing;

  /**
   * Starts an engine on the system's clocks.
   *
   * @param quotas gives a model's quota; asked once per model
   */
  public static CallEngine start(
      JobStore store, LlmClients clients, Function<String, Quota> quotas, EngineConfig config) {
    return new CallEngine(
        store,
        clients,
        quotas,
        config,
        Clock.systemUTC(),
        System::nanoTime,
        () -> ThreadLocalRandom.current().nextLong());
  }

  CallEngine(
      JobStore store,
      LlmClients clients,
      Function<String, Quota> quotas,
      EngineConfig config,
      Clock clock,
      LongSupplier nanos,
      RandomGenerator random) {
    this.store = store;
    this.quotas = quotas;
    this.config = config;
    loop =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "call-engine");
              thread.setDaemon(true);
              return thread;
            });
    loop.setRemoveOnCancelPolicy(true);
    loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    id = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    AtomicLong claims = new AtomicLong();
    context =
        new AttemptContext(
            new Jobs(store, clock),
            clients,
            config,
            new AttemptContext.Time(clock, nanos, loop),
            random,
            new Counters(),
            () -> id + "." + claims.incrementAndGet());
  }

  /**
   * Queues {@code item}. Offering an item that is already here adds a listener and no work, so that
   * a redelivery is harmless.
   */
  public void offer(WorkItem item, WorkListener listener) {
    onLoop(
        () -> {
          ActiveItem known = items.get(item.key());
          if (known != null) {
            known.listeners().add(listener);
            return;
          }
          ActiveItem active = new ActiveItem(item);
          active.listeners().add(listener);
          items.put(item.key(), active);
          queue(active);
          waiting.addAndGet(item.jobs().size());
        });
  }

  /** Unique among engines, also of other processes; part of every fencing token. */
  public String id() {
    return id;
  }

  public EngineStats stats() {
    return context.counters().snapshot(waiting.get());
  }

  private void queue(ActiveItem item) {
    LanePump lane = lanes.computeIfAbsent(item.item().modelId(), this::newLane);
    lane.lane.add(item);
    lane.request();
  }

  private LanePump newLane(String modelId) {
    return new LanePump(new Lane(quotas.apply(modelId)));
  }

  /** Takes one lane's calls out as its quota allows. Owned by the loop. */
  private final class LanePump {
    private final Lane lane;
    private long lastStartNanos = context.nowNanos() - config.startInterval().toNanos();
    private long scheduledForNanos;
    private boolean scheduled;
    private volatile boolean inFlightFull;

    LanePump(Lane lane) {
      this.lane = lane;
    }

    /** Something may be startable: looks now, or when the start interval has passed. */
    void request() {
      long sinceNanos = context.nowNanos() - lastStartNanos;
      requestIn(config.startInterval().toNanos() - sinceNanos);
    }

    private void requestIn(long waitNanos) {
      long at = context.nowNanos() + Math.max(0, waitNanos);
      if (scheduled && scheduledForNanos - at <= 0) {
        return;
      }
      scheduled = true;
      scheduledForNanos = at;
      onLoopAfter(Duration.ofNanos(Math.max(0, waitNanos)), () -> pump(at));
    }

    private void pump(long at) {
      if (!scheduled || scheduledForNanos != at || closing) {
        return;
      }
      scheduled = false;
      // Set before asking, so that no release between the answer and here goes unheard.
      inFlightFull = true;
      boolean stillFull = false;
      List<Start> starts = new ArrayList<>();
      long now = context.nowNanos();
      long tokens = 0;
      while (starts.size() < config.maxStartsPerRead() && tokens < MAX_TOKENS_PER_READ) {
        ActiveItem item = lane.peek();
        if (item == null) {
          break;
        }
        tokens += item.item().tokensPerCall();
        var acquisition = lane.quota().tryAcquire(item.item().tokensPerCall(), now);
        if (acquisition instanceof Quota.Acquisition.Wait wait) {
          if (wait.nanos() == Long.MAX_VALUE) {
            stillFull = true;
          } else {
            requestIn(Math.max(wait.nanos(), config.startInterval().toNanos()));
          }
          break;
        }
        Permit permit = ((Quota.Acquisition.Granted) acquisition).permit();
        starts.add(new Start(item, item.draw(), permit));
        lane.turnTaken(item);
      }
      inFlightFull = stillFull;
      if (!starts.isEmpty()) {
        lastStartNanos = now;
        waiting.addAndGet(-starts.size());
        if (lane.peek() != null) {
          request();
        }
        begin(starts);
      }
    }

    private void begin(List<Start> starts) {
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
                        begun.get(i).begin(Optional.<Job>ofNullable(found.get(ids.get(i))));
                      }
                    }
                  });
    }

    /** The next call need not wait for the last one to be recorded. */
    private void permitReleased() {
      if (inFlightFull) {
        onLoop(this::request);
      }
    }

    private Attempt attempt(Start start) {
      Attempt[] self = new Attempt[1];
      Attempt attempt =
          new Attempt(
              context,
              start.job(),
              start.permit(),
              this::permitReleased,
              verdict -> {
                attempts.remove(self[0]);
                onLoop(() -> settle(start, verdict));
              });
      self[0] = attempt;
      attempts.add(attempt);
      return attempt;
    }
  }

  private record Start(ActiveItem item, JobId job, Permit permit) {}

  private void settle(Start start, Verdict verdict) {
    ActiveItem item = start.item();
    if (verdict instanceof Verdict.Again again) {
      waiting.incrementAndGet();
      onLoopAfter(
          again.delay(),
          () -> {
            if (item.putBack(start.job())) {
              queue(item);
            }
          });
      return;
    }
    if (verdict instanceof Verdict.Ended ended) {
      context.counters().jobEnded();
      // Said once; the other listeners only wait for the item to be finished.
      item.listeners().get(0).jobEnded(ended.outcome());
    }
    if (item.jobFinished()) {
      items.remove(item.item().key());
      item.listeners().forEach(listener -> listener.itemFinished(item.item()));
    }
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      LOG.debug("engine closed; its leases will lapse and other workers take over");
    }
  }

  private void onLoopAfter(Duration wait, Runnable task) {
    if (wait.isZero() || wait.isNegative()) {
      onLoop(task);
      return;
    }
    try {
      var unused = loop.schedule(() -> guarded(task), wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("engine closed; its leases will lapse and other workers take over");
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.error("a step of the engine's loop failed in an unforeseen way", Unforeseen.trace(e));
    }
  }

  private void awaitAttempts(Duration patience) throws InterruptedException {
    long until = System.nanoTime() + patience.toNanos();
    while (!attempts.isEmpty() && System.nanoTime() - until < 0) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Starts no more calls, waits for those in flight as configured, then gives them up. Blocks. */
  @Override
  public void close() {
    closing = true;
    try {
      awaitAttempts(config.drainFor());
      attempts.forEach(Attempt::abortCall);
      awaitAttempts(RECORD_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      loop.shutdownNow();
    }
  }
}
