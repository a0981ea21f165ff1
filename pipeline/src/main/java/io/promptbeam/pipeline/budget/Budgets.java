package io.promptbeam.pipeline.budget;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.catalog.OwnerPolicy.OverBudget;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.pipeline.engine.OwnerGate;
import io.promptbeam.pipeline.engine.Scheduler;
import io.promptbeam.pipeline.quota.TokenAmount;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.PicoDollars;
import io.promptbeam.store.usage.UsageDay;
import io.promptbeam.store.usage.UsageStore;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a call start when its estimated cost can be reserved of its owner's budget of the day, in
 * UTC. A worker leases what the next second or so takes from the day's row, all workers draw on the
 * same row, and what is not used goes back; a dead worker's lease goes back after {@link
 * #DEAD_AFTER}. All calls together never cost more than the budget by more than the calls in flight
 * cost beyond their estimates. Owners without a budget are let through unlooked at. Thread-safe.
 */
public final class Budgets implements OwnerGate {
  /** Longer than a live worker is ever silent while it uses its lease. */
  public static final Duration DEAD_AFTER = DayBudget.LEASE.plusSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Budgets.class);
  private static final SparseWarning UNREACHED = new SparseWarning(LOG);
  private static final Duration TICK = Duration.ofMillis(500);
  private static final Duration CHANGE_RETRY = Duration.ofSeconds(1);

  /** An owner who waits hears of a higher budget within that. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private static final int DAYS_KEPT = 2;

  private final UsageStore store;
  private final Supplier<ModelCatalog> catalog;
  private final String workerId;
  private final Scheduler scheduler;
  private final List<Consumer<Owner>> listeners = new CopyOnWriteArrayList<>();
  private final Map<UsageDay, Entry> entries = new HashMap<>();
  private boolean closed;

  /** A day's budget and what is under way for it. Guarded by {@link #entries}. */
  private static final class Entry {
    private final DayBudget budget;
    private boolean changing;
    private boolean scheduled;

    /** Whether a look at the row is too fresh for another one to be worth it. */
    private boolean looked;

    private Room room = new Room(0, 0, 0);

    /** Set when the worker ends. */
    private Optional<CompletableFuture<Void>> letGo = Optional.empty();

    private boolean letGoSent;

    Entry(DayBudget budget) {
      this.budget = budget;
    }
  }

  /**
   * What a look at the row found.
   *
   * @param atMost left when no reservation that stands comes to anything
   * @param budget of which it is left
   * @param untilNanos it is as good as known until then
   */
  private record Room(long atMost, long budget, long untilNanos) {}

  /**
   * What an owner's budget is like, as far as this worker knows.
   *
   * @param takenUsd spent or reserved, by all workers, as of the last change
   * @param isWaiting whether a call waits for room in it
   */
  public record State(
      BigDecimal budgetUsd, BigDecimal takenUsd, boolean isWaiting, OverBudget policy) {}

  /**
   * Asks nothing of the store until an owner with a budget wants to call.
   *
   * @param workerId unlike that of any other worker there ever is
   * @param scheduler closed with this
   */
  public Budgets(
      UsageStore store, Supplier<ModelCatalog> catalog, String workerId, Scheduler scheduler) {
    this.store = store;
    this.catalog = catalog;
    this.workerId = workerId;
    this.scheduler = scheduler;
  }

  /** Of today; empty for an owner without a budget. */
  public Optional<State> state(Owner owner) {
    OwnerPolicy policy = catalog.get().owner(owner);
    if (policy.budgetUsdPerDay().isEmpty()) {
      return Optional.empty();
    }
    synchronized (entries) {
      Optional<DayBudget> budget =
          Optional.ofNullable(entries.get(today(owner))).map(entry -> entry.budget);
      return Optional.of(
          new State(
              policy.budgetUsdPerDay().get(),
              PicoDollars.toUsd(budget.map(DayBudget::taken).orElse(0L)),
              budget.map(known -> known.wanted() > 0).orElse(false),
              policy.overBudget()));
    }
  }

  private UsageDay today(Owner owner) {
    return UsageDay.of(owner, scheduler.clock().instant());
  }

  @Override
  public void onOpen(Consumer<Owner> listener) {
    listeners.add(listener);
  }

  @Override
  public Answer tryStart(Owner owner, String modelId, TokenAmount estimate) {
    ModelCatalog now = catalog.get();
    OwnerPolicy policy = now.owner(owner);
    if (policy.budgetUsdPerDay().isEmpty()) {
      return new Answer.Open(Reservation.NONE);
    }
    long picos =
        now.find(modelId)
            .map(model -> model.pricing().costUsd(Usage.of(estimate.input(), estimate.output())))
            .map(PicoDollars::of)
            .orElse(0L);
    BigDecimal budgetUsd = policy.budgetUsdPerDay().get();
    synchronized (entries) {
      UsageDay day = today(owner);
      Entry entry = entries.computeIfAbsent(day, this::newEntry);
      boolean isUsedUp =
          entry.room.budget() == PicoDollars.of(budgetUsd)
              && entry.room.untilNanos() - scheduler.nanoTime() > 0
              && picos > Math.max(0, entry.room.atMost());
      if (isUsedUp && policy.overBudget() == OverBudget.FAIL) {
        return new Answer.Refused(error(budgetUsd));
      }
      if (entry.budget.tryReserve(picos, scheduler.nanoTime())) {
        schedule(entry, TICK);
        return new Answer.Open(new Reserved(entry, picos));
      }
      if (entry.changing || entry.looked) {
        schedule(entry, LOOK);
      } else {
        soon(entry);
      }
      return new Answer.Wait();
    }
  }

  private static JobError error(BigDecimal budgetUsd) {
    return JobError.of(
        ErrorCodes.BUDGET_EXCEEDED,
        "The owner's budget of " + budgetUsd.toPlainString() + " USD a day is used up.");
  }

  private Entry newEntry(UsageDay day) {
    entries
        .keySet()
        .removeIf(
            old ->
                old.owner().equals(day.owner())
                    && old.day().isBefore(day.day().minusDays(DAYS_KEPT)));
    return new Entry(new DayBudget(day, store.budget(day), workerId, scheduler.nanoTime()));
  }

  /** Whether a reservation still holds what it set aside. */
  private enum Held {
    YES,
    CANCELLED,
    SETTLED
  }

  private final class Reserved implements Reservation {
    private final Entry entry;
    private final long picos;
    private final AtomicReference<Held> held = new AtomicReference<>(Held.YES);

    Reserved(Entry entry, long picos) {
      this.entry = entry;
      this.picos = picos;
    }

    @Override
    public boolean isCounted() {
      return true;
    }

    @Override
    public void settle(BigDecimal costUsd) {
      Held before = held.getAndSet(Held.SETTLED);
      if (before == Held.SETTLED) {
        throw new IllegalStateException("a reservation is settled at most once");
      }
      long reserved = before == Held.YES ? picos : 0;
      change(budget -> budget.settle(reserved, PicoDollars.of(costUsd)));
    }

    @Override
    public void cancel() {
      if (held.compareAndSet(Held.YES, Held.CANCELLED)) {
        change(budget -> budget.cancel(picos));
      }
    }

    private void change(Consumer<DayBudget> step) {
      boolean opens;
      synchronized (entries) {
        step.accept(entry.budget);
        opens = entry.budget.hasRoomForWanted(scheduler.nanoTime());
        if (opens) {
          entry.budget.forgetWanted();
        }
        schedule(entry, TICK);
      }
      if (opens) {
        open(entry);
      }
    }
  }

  private void open(Entry entry) {
    listeners.forEach(listener -> listener.accept(entry.budget.day().owner()));
  }

  private void soon(Entry entry) {
    entry.changing = true;
    scheduler.soon(() -> change(entry));
  }

  /** Under the lock. */
  private void schedule(Entry entry, Duration wait) {
    if (!entry.scheduled && !entry.changing && !closed) {
      entry.scheduled = true;
      var unused = scheduler.after(wait, () -> tick(entry));
    }
  }

  private void tick(Entry entry) {
    synchronized (entries) {
      entry.scheduled = false;
      entry.looked = false;
      if (entry.changing) {
        return;
      }
      if (entry.budget.needsChange(scheduler.nanoTime())) {
        entry.changing = true;
      } else {
        if (!entry.budget.isAtRest()) {
          schedule(entry, TICK);
        }
        return;
      }
    }
    change(entry);
  }

  /** The budget in force; of a day that is over, or of an owner without one, all is let go. */
  private long budget(UsageDay day) {
    return catalog.get().owner(day.owner()).budgetUsdPerDay().map(PicoDollars::of).orElse(0L);
  }

  private boolean isCurrent(UsageDay day) {
    return !closed
        && day.equals(today(day.owner()))
        && catalog.get().owner(day.owner()).budgetUsdPerDay().isPresent();
  }

  private void change(Entry entry) {
    DayBudget.Change change;
    UsageDay day = entry.budget.day();
    synchronized (entries) {
      change = entry.budget.next(budget(day), isCurrent(day), scheduler.nanoTime());
    }
    var unused =
        attempt(() -> entry.budget.row().lease(change.worker(), change.take(), change.spend()))
            .whenComplete(
                (leased, failure) -> {
                  if (leased == null) {
                    UNREACHED.warn(
                        () -> "a budget is not reached: " + SparseWarning.reason(failure));
                    synchronized (entries) {
                      entry.budget.unheard(change);
                    }
                    again(entry, CHANGE_RETRY);
                  } else {
                    changed(entry, change, leased);
                  }
                });
  }

  private void changed(Entry entry, DayBudget.Change change, BudgetRow.Leased leased) {
    UsageDay day = entry.budget.day();
    boolean look;
    boolean opens;
    synchronized (entries) {
      entry.budget.changed(change, leased, budget(day));
      // On another day, or without a budget, who waits is to ask again.
      opens = entry.budget.wanted() > 0 && !isCurrent(day);
      opens |= entry.budget.hasRoomForWanted(scheduler.nanoTime());
      if (opens) {
        entry.budget.forgetWanted();
      }
      look = entry.budget.wanted() > 0;
    }
    if (look) {
      look(entry, leased.serverMicros());
    } else {
      again(entry, TICK);
    }
    if (opens) {
      open(entry);
    }
  }

  /** Finds out whether waiting for others can help, and takes back what dead workers hold. */
  private void look(Entry entry, long serverMicros) {
    var unused =
        attempt(() -> entry.budget.row().read())
            .whenComplete(
                (view, failure) -> {
                  boolean opens = false;
                  if (view != null) {
                    reclaim(entry, view, serverMicros);
                    opens = judge(entry, view);
                  }
                  again(entry, LOOK);
                  if (opens) {
                    open(entry);
                  }
                });
  }

  /** True when who waits is to fail. */
  private boolean judge(Entry entry, BudgetRow.View view) {
    UsageDay day = entry.budget.day();
    synchronized (entries) {
      long budget = budget(day);
      long atMost = budget - view.spent() - entry.budget.unrecorded();
      entry.room = new Room(atMost, budget, scheduler.nanoTime() + LOOK.toNanos());
      boolean fails =
          entry.budget.wanted() > atMost
              && catalog.get().owner(day.owner()).overBudget() == OverBudget.FAIL;
      if (fails) {
        entry.budget.forgetWanted();
      }
      return fails;
    }
  }

  private static void reclaim(Entry entry, BudgetRow.View view, long serverMicros) {
    long deadBefore = serverMicros - DEAD_AFTER.toNanos() / 1_000;
    view.workers()
        .forEach(
            (worker, seen) -> {
              if (seen.beatMicros() < deadBefore && seen.leased() != seen.spent()) {
                var unused =
                    attempt(() -> entry.budget.row().reclaim(worker, seen))
                        .whenComplete(
                            (done, failure) -> {
                              if (Boolean.TRUE.equals(done)) {
                                LOG.info("a dead worker's part of a budget was given back");
                              }
                            });
              }
            });
  }

  private void again(Entry entry, Duration wait) {
    synchronized (entries) {
      entry.changing = false;
      entry.looked = entry.budget.wanted() > 0;
      if (!entry.budget.isAtRest()) {
        schedule(entry, wait);
      }
      if (closed) {
        letGo(entry);
      }
    }
  }

  /** One change that gives back, after the one that may be under way. */
  private void letGo(Entry entry) {
    if (entry.changing) {
      return;
    }
    if (entry.letGo.isPresent()) {
      var gone = entry.letGo.get();
      if (entry.letGoSent || entry.budget.isAtRest()) {
        gone.complete(null);
      } else {
        entry.letGoSent = true;
        soon(entry);
      }
    }
  }

  private static <T> CompletableFuture<T> attempt(Supplier<CompletableFuture<T>> request) {
    try {
      return request.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<Void> close() {
    List<CompletableFuture<Void>> given = new ArrayList<>();
    synchronized (entries) {
      closed = true;
      for (Entry entry : entries.values()) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        given.add(gone);
        entry.letGo = Optional.of(gone);
        letGo(entry);
      }
    }
    return CompletableFuture.allOf(given.toArray(CompletableFuture<?>[]::new))
        .thenRun(scheduler::close);
  }
}
