package io.promptbeam.pipeline.budget;

import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.UsageDay;
import java.time.Duration;

/**
 * One worker's part of one owner's budget of one day: arithmetic over picodollars and monotonic
 * time, no clock and no I/O. Not thread-safe.
 *
 * <p>What all workers have leased is the row's counter {@code taken}. A worker leases by adding to
 * it and looks at the sum afterwards: the part of the sum beyond the budget it must not use, and
 * owes back. So the usable parts of all leases never come to more than the budget, whatever the
 * order of changes: each worker leaves out at least as much as the sum was over when it looked.
 * What is spent stays taken.
 */
final class DayBudget {
  /** How long a lease may be used without a change; a good deal less than a dead worker's lasts. */
  static final Duration LEASE = Duration.ofSeconds(20);

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** A lease is at most so much of what is left, so that many workers come to an end together. */
  private static final int PARTS_OF_THE_REST = 8;

  /** A change to the row. */
  record Change(String worker, long take, long spend, long sentAtNanos) {}

  private final UsageDay day;
  private final BudgetRow row;
  private final String workerId;
  private int generation;

  /** As the row has it, after the last change that was heard of. */
  private long leased;

  private long spentInRow;
  private long taken;
  private boolean known;

  /** Of the lease, not to be used. */
  private long owed;

  private long spent;
  private long reserved;
  private long startedSinceChange;
  private long changedAtNanos;
  private long usableUntilNanos;

  /** The least estimate of the calls that wait; 0 for none. */
  private long wanted;

  DayBudget(UsageDay day, BudgetRow row, String workerId, long nowNanos) {
    this.day = day;
    this.row = row;
    this.workerId = workerId;
    changedAtNanos = nowNanos;
    usableUntilNanos = nowNanos;
  }

  UsageDay day() {
    return day;
  }

  BudgetRow row() {
    return row;
  }

  /** Reserves {@code picos} of the lease, or notes that somebody waits for them. */
  boolean tryReserve(long picos, long nowNanos) {
    if (picos == 0 || (picos <= free() && nowNanos - usableUntilNanos < 0)) {
      reserved += picos;
      startedSinceChange += picos;
      return true;
    }
    wanted = wanted == 0 ? picos : Math.min(wanted, picos);
    return false;
  }

  /** A call that had {@code estimate} reserved is over. */
  void settle(long estimate, long cost) {
    reserved -= estimate;
    spent += cost;
  }

  /** A call that had {@code estimate} reserved does not begin. */
  void cancel(long estimate) {
    reserved -= estimate;
    // Perhaps reserved before the last change: then too little counts until the next one.
    startedSinceChange = Math.max(0, startedSinceChange - estimate);
  }

  /** Leased, and neither spent nor reserved nor owed; below 0 when calls cost more than thought. */
  private long free() {
    return leased - owed - spent - reserved;
  }

  long wanted() {
    return wanted;
  }

  /** Nobody waits any more; who still does will ask again. */
  void forgetWanted() {
    wanted = 0;
  }

  /** Whether the call that waits could go now. */
  boolean hasRoomForWanted(long nowNanos) {
    return wanted > 0 && wanted <= free() && nowNanos - usableUntilNanos < 0;
  }

  /** By all workers, as of the last change. */
  long taken() {
    return taken;
  }

  /** Spent, and not in the row yet. */
  long unrecorded() {
    return spent - spentInRow;
  }

  /** Whether the row should hear of this worker. */
  boolean needsChange(long nowNanos) {
    boolean beat =
        leased != spentInRow && nowNanos - changedAtNanos >= LEASE.dividedBy(4).toNanos();
    return wanted > 0
        || owed != 0
        || spent != spentInRow
        || free() < 0
        || free() > ahead(nowNanos)
        || beat;
  }

  /** Whether nothing is held, so that nobody need look until the next call. */
  boolean isAtRest() {
    return wanted == 0 && reserved == 0 && leased == spent && spent == spentInRow;
  }

  /** About what the next second takes. */
  private long ahead(long nowNanos) {
    long elapsed = Math.max(nowNanos - changedAtNanos, SECOND / 4);
    return (long) ((double) startedSinceChange / (double) elapsed * SECOND);
  }

  /**
   * What to tell the row.
   *
   * @param budget in picodollars
   * @param keep whether more calls may start; else all that is not needed goes back
   */
  Change next(long budget, boolean keep, long nowNanos) {
    if (nowNanos - usableUntilNanos >= 0 && leased != spentInRow) {
      // The lease may have been taken for a dead worker's, so it is left to be one.
      generation++;
      spent -= spentInRow;
      spentInRow = 0;
      leased = 0;
      owed = 0;
      known = false;
    }
    long room = budget - taken;
    long rest = Math.max(0, room);
    long spare = Math.min(ahead(nowNanos), rest / PARTS_OF_THE_REST);
    long free = Math.max(0, free());
    long target;
    if (!keep) {
      target = 0;
    } else if (wanted == 0) {
      target = Math.min(free, spare);
    } else if (!known || wanted - free - owed <= room) {
      target = wanted + Math.min(spare, Math.max(0, rest - wanted));
    } else {
      // Two workers that each keep half of what a call needs would both wait for ever.
      target = 0;
    }
    long take = spent + reserved + target - leased;
    if (take < 0) {
      // Not to be used from now on: the row may have it before the answer is heard, if ever.
      owed = Math.max(owed, -take);
    }
    return new Change(worker(), take, spent - spentInRow, nowNanos);
  }

  private String worker() {
    return workerId + "." + generation;
  }

  /**
   * {@code change} was perhaps made: what it gave back is as good as gone, or it would be given
   * back twice; what it took is not there. The next change that is heard of shows the truth.
   */
  void unheard(Change change) {
    if (change.take() < 0) {
      leased += change.take();
      owed = Math.max(0, owed + change.take());
    }
  }

  /** The row as it stands after {@code change}. */
  void changed(Change change, BudgetRow.Leased now, long budget) {
    known = true;
    leased = now.leased();
    spentInRow = now.spent();
    taken = now.taken();
    changedAtNanos = change.sentAtNanos();
    usableUntilNanos = change.sentAtNanos() + LEASE.toNanos();
    startedSinceChange = 0;
    long over = Math.max(0, taken - budget);
    owed = Math.max(0, Math.min(over, leased - spent - reserved));
  }
}
