package io.promptbeam.pipeline.notice;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.notice.Delivery;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.DueNotice;
import io.promptbeam.store.NoticeStore;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers what is in the store's outbox, from every worker. One thread looks for what is due, lane
 * after lane, and gives it to some that send; a lane has few of these, and one alone while its
 * receiver fails, so that it keeps nobody else's waiting. Does nothing while nobody has a webhook
 * and there is no topic.
 */
public final class NoticeDeliverer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NoticeDeliverer.class);
  private static final SparseWarning UNAVAILABLE = new SparseWarning(LOG);

  static final int THREADS = 32;
  static final int PER_LANE = 8;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** What ends at the same time is found by one look. */
  private static final Duration GATHER = Duration.ofMillis(50);

  private static final long CLOSE_SECONDS = 2;

  private final NoticeStore store;
  private final Targets targets;
  private final DeliverOnce deliver;
  private final Clock clock;
  private final ScheduledThreadPoolExecutor loop;
  private final ExecutorService threads;
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile boolean closing;

  // The loop's own.
  private final Map<NoticeLane, Set<String>> sending = new HashMap<>();
  private final Set<NoticeLane> failing = new HashSet<>();
  private Optional<NoticeLane> lookedAt = Optional.empty();

  NoticeDeliverer(NoticeStore store, Targets targets, Delivery.Pauses pauses, Clock clock) {
    this.store = store;
    this.targets = targets;
    this.clock = clock;
    deliver =
        new DeliverOnce(
            store,
            targets,
            pauses,
            clock,
            () -> ThreadLocalRandom.current().nextLong(),
            () -> closing);
    loop =
        new ScheduledThreadPoolExecutor(
            1, task -> daemon(task, "notices"), new ThreadPoolExecutor.DiscardPolicy());
    loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    threads = Executors.newFixedThreadPool(THREADS, task -> daemon(task, "notice-sender"));
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to deliver. */
  public static NoticeDeliverer start(
      NoticeStore store,
      Supplier<ModelCatalog> catalog,
      SecretResolver secrets,
      Optional<EventPublisher> topic) {
    Clock clock = Clock.systemUTC();
    var deliverer =
        new NoticeDeliverer(
            store,
            new Targets(catalog, new WebhookSender(secrets, clock, TIMEOUT, THREADS), topic),
            Delivery.Pauses.DEFAULT,
            clock);
    deliverer.start();
    return deliverer;
  }

  void start() {
    var unused =
        loop.scheduleWithFixedDelay(guarded(this::look), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Looks soon: there may be something new. */
  public void wake() {
    if (!woken.getAndSet(true)) {
      after(GATHER, this::look);
    }
  }

  private void after(Duration wait, Runnable task) {
    var unused = loop.schedule(guarded(task), wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        UNAVAILABLE.warn(() -> "notices wait: " + SparseWarning.reason(e));
      }
    };
  }

  private void look() {
    woken.set(false);
    if (!targets.any()) {
      return;
    }
    // On from where all threads were busy, so that the first lanes are not always the first.
    Optional<NoticeLane> lane = next(lookedAt);
    while (lane.isPresent()) {
      lookedAt = lane;
      begin(lane.get());
      if (isBusy()) {
        return;
      }
      lane = next(lane);
    }
    lookedAt = Optional.empty();
  }

  private Optional<NoticeLane> next(Optional<NoticeLane> after) {
    return DeliverOnce.await(store.nextLane(after));
  }

  private boolean isBusy() {
    return sending.values().stream().mapToInt(Set::size).sum() >= THREADS;
  }

  /** Begins as many of the lane's deliveries as it may have. */
  private void begin(NoticeLane lane) {
    Set<String> own = sending.getOrDefault(lane, Set.of());
    int room = (failing.contains(lane) ? 1 : PER_LANE) - own.size();
    if (room <= 0 || isBusy()) {
      return;
    }
    // Those that are being sent may still be among them.
    for (DueNotice entry : DeliverOnce.await(store.due(lane, clock.instant(), room + own.size()))) {
      Set<String> ids = sending.computeIfAbsent(lane, key -> new HashSet<>());
      if (room > 0 && ids.add(entry.key())) {
        room--;
        threads.execute(() -> deliver(entry));
      }
    }
  }

  private void deliver(DueNotice entry) {
    Optional<Delivery> stands = Optional.empty();
    try {
      if (!closing) {
        stands = deliver.run(entry);
      }
    } catch (RuntimeException e) {
      UNAVAILABLE.warn(() -> entry.key() + " waits: " + SparseWarning.reason(e));
    } finally {
      Optional<Delivery> after = stands;
      loop.execute(guarded(() -> ended(entry, after)));
    }
  }

  private void ended(DueNotice entry, Optional<Delivery> stands) {
    boolean wasBusy = isBusy();
    sending.computeIfPresent(
        entry.lane(),
        (lane, ids) -> {
          ids.remove(entry.key());
          return ids.isEmpty() ? null : ids;
        });
    stands.ifPresent(delivery -> learn(entry.lane(), delivery));
    if (wasBusy) {
      wake();
    } else if (stands.filter(d -> d.state() == Delivery.State.DELIVERED).isPresent()) {
      // A lane that fails waits for the next look: its receiver is not to be asked without pause.
      begin(entry.lane());
    }
  }

  private void learn(NoticeLane lane, Delivery delivery) {
    if (delivery.state() == Delivery.State.DELIVERED) {
      failing.remove(lane);
    } else {
      failing.add(lane);
    }
    if (!delivery.isWaiting()) {
      return;
    }
    Duration wait = Duration.between(clock.instant(), delivery.at());
    if (wait.compareTo(LOOK) < 0) {
      after(wait.isNegative() ? Duration.ZERO : wait, () -> begin(lane));
    }
  }

  /** Breaks off what is being sent, and hands it back to be sent by somebody else at once. */
  @Override
  public void close() {
    closing = true;
    loop.shutdownNow();
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        targets.close();
        var unused = threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      targets.close();
    }
  }
}
