package io.promptbeam.pipeline.notice;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.job.Owner;
import io.promptbeam.notice.Delivery;
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
 * Delivers what is in the store's outbox, from every worker. One thread looks for what is due,
 * owner after owner, and gives it to some that send; an owner has few of these, and one alone while
 * its webhook fails, so that it keeps nobody else's waiting. Does nothing while nobody has a
 * webhook.
 */
public final class NoticeDeliverer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NoticeDeliverer.class);
  private static final SparseWarning UNAVAILABLE = new SparseWarning(LOG);

  static final int THREADS = 32;
  static final int PER_OWNER = 8;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** What ends at the same time is found by one look. */
  private static final Duration GATHER = Duration.ofMillis(50);

  private static final long CLOSE_SECONDS = 2;

  private final NoticeStore store;
  private final Supplier<ModelCatalog> catalog;
  private final NoticeSender sender;
  private final DeliverOnce deliver;
  private final Clock clock;
  private final ScheduledThreadPoolExecutor loop;
  private final ExecutorService threads;
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile boolean closing;

  // The loop's own.
  private final Map<Owner, Set<String>> sending = new HashMap<>();
  private final Set<Owner> failing = new HashSet<>();
  private Optional<Owner> lookedAt = Optional.empty();

  NoticeDeliverer(
      NoticeStore store,
      Supplier<ModelCatalog> catalog,
      NoticeSender sender,
      Delivery.Pauses pauses,
      Clock clock) {
    this.store = store;
    this.catalog = catalog;
    this.sender = sender;
    this.clock = clock;
    deliver =
        new DeliverOnce(
            store,
            catalog,
            sender,
            pauses,
            clock,
            () -> ThreadLocalRandom.current().nextLong(),
            () -> closing);
    loop =
        new ScheduledThreadPoolExecutor(
            1, task -> daemon(task, "notices"), new ThreadPoolExecutor.DiscardPolicy());
    loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    threads = Executors.newFixedThreadPool(THREADS, task -> daemon(task, "webhook"));
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to deliver. */
  public static NoticeDeliverer start(
      NoticeStore store, Supplier<ModelCatalog> catalog, SecretResolver secrets) {
    Clock clock = Clock.systemUTC();
    var deliverer =
        new NoticeDeliverer(
            store,
            catalog,
            new WebhookSender(secrets, clock, TIMEOUT, THREADS),
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
    if (!catalog.get().hasWebhooks()) {
      return;
    }
    // On from where all threads were busy, so that the first owners are not always the first.
    Optional<Owner> owner = next(lookedAt);
    while (owner.isPresent()) {
      lookedAt = owner;
      begin(owner.get());
      if (isBusy()) {
        return;
      }
      owner = next(owner);
    }
    lookedAt = Optional.empty();
  }

  private Optional<Owner> next(Optional<Owner> after) {
    return DeliverOnce.await(store.nextOwner(after));
  }

  private boolean isBusy() {
    return sending.values().stream().mapToInt(Set::size).sum() >= THREADS;
  }

  /** Begins as many of the owner's deliveries as it may have. */
  private void begin(Owner owner) {
    Set<String> own = sending.getOrDefault(owner, Set.of());
    int room = (failing.contains(owner) ? 1 : PER_OWNER) - own.size();
    if (room <= 0 || isBusy()) {
      return;
    }
    // Those that are being sent may still be among them.
    for (DueNotice entry :
        DeliverOnce.await(store.due(owner, clock.instant(), room + own.size()))) {
      Set<String> ids = sending.computeIfAbsent(owner, key -> new HashSet<>());
      if (room > 0 && ids.add(entry.id())) {
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
      UNAVAILABLE.warn(() -> entry.id() + " waits: " + SparseWarning.reason(e));
    } finally {
      Optional<Delivery> after = stands;
      loop.execute(guarded(() -> ended(entry, after)));
    }
  }

  private void ended(DueNotice entry, Optional<Delivery> stands) {
    boolean wasBusy = isBusy();
    sending.computeIfPresent(
        entry.owner(),
        (owner, ids) -> {
          ids.remove(entry.id());
          return ids.isEmpty() ? null : ids;
        });
    stands.ifPresent(delivery -> learn(entry.owner(), delivery));
    if (wasBusy) {
      wake();
    } else if (stands.isPresent()) {
      begin(entry.owner());
    }
  }

  private void learn(Owner owner, Delivery delivery) {
    if (delivery.state() == Delivery.State.DELIVERED) {
      failing.remove(owner);
    } else {
      failing.add(owner);
    }
    if (!delivery.isWaiting()) {
      return;
    }
    Duration wait = Duration.between(clock.instant(), delivery.at());
    if (wait.compareTo(LOOK) < 0) {
      after(wait.isNegative() ? Duration.ZERO : wait, () -> begin(owner));
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
        sender.close();
        var unused = threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sender.close();
    }
  }
}
