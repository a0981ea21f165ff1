package io.promptbeam.store.usage;

import io.promptbeam.job.Owner;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Where usage is counted. Thread-safe and never blocking. Futures fail with {@link
 * io.promptbeam.store.StoreUnavailableException}, and then a change may have been made or not.
 */
public interface UsageStore {
  /** Counts nothing, and has no budgets. */
  UsageStore NONE =
      new UsageStore() {
        @Override
        public CompletableFuture<Void> add(UsageDay day, String writer, Change change) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Long> sequence(UsageDay day, String writer) {
          return CompletableFuture.completedFuture(0L);
        }

        @Override
        public CompletableFuture<List<Day>> read(Owner owner, LocalDate from, LocalDate to) {
          return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletableFuture<Day> total(LocalDate day) {
          return CompletableFuture.completedFuture(new Day(day, Map.of()));
        }

        @Override
        public BudgetRow budget(UsageDay day) {
          throw new UnsupportedOperationException("this store has no budgets");
        }
      };

  /**
   * Adds to a day's counters, in one step, and moves the writer's sequence on by one: whether a
   * change whose answer was lost was made, {@link #sequence} tells.
   */
  CompletableFuture<Void> add(UsageDay day, String writer, Change change);

  /** How many changes of {@code writer} the day has had. */
  CompletableFuture<Long> sequence(UsageDay day, String writer);

  /** The days of {@code owner} that have any counts, earliest first, from and to included. */
  CompletableFuture<List<Day>> read(Owner owner, LocalDate from, LocalDate to);

  /**
   * The counts of all owners that {@link #add} was called for that day, added up. Reads a row per
   * owner.
   */
  CompletableFuture<Day> total(LocalDate day);

  /** The budget of an owner's day; need not exist yet. */
  BudgetRow budget(UsageDay day);

  /**
   * What to add.
   *
   * @param byModel by model id
   * @param unreservedPicos cost that no reservation has taken out of the day's budget before
   */
  record Change(Map<String, UsageCounts> byModel, long unreservedPicos) {
    public static final Change NONE = new Change(Map.of(), 0);

    public Change {
      byModel = Map.copyOf(byModel);
    }
  }

  /** A day's counters, by model id. */
  record Day(LocalDate day, Map<String, UsageCounts> byModel) {}
}
