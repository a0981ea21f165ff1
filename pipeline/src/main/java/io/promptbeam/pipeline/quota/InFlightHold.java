package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.QuotaRow;
import java.util.List;

/**
 * How many calls at the same time this worker keeps for itself, of a limit for all: pure
 * arithmetic. It takes an equal part at once, more in steps while there is some, and gives back
 * what it does not use, or has beyond its part when nothing is free. Not thread-safe.
 */
final class InFlightHold {
  private static final long UNUSED_NANOS = 1_000_000_000L;

  private long held;
  private long busySinceNanos;
  private boolean scarce;
  private long share = Long.MAX_VALUE;

  /** May be used now. */
  long held() {
    return held;
  }

  /** Whether to change it, for a worker with so many calls and so many waiting. */
  boolean wantsChange(long inUse, long waiting, long nowNanos) {
    if (inUse >= held) {
      busySinceNanos = nowNanos;
      return waiting > 0;
    }
    if (waiting > 0 || inUse * 2 >= held) {
      busySinceNanos = nowNanos;
    }
    return target(inUse, waiting, 0, nowNanos) < held;
  }

  /** Learns how it is spread. */
  void saw(QuotaRow.View view, String self, List<String> dead, long limit, int active) {
    share = Math.max(1, limit / active);
    scarce = free(view, self, dead, limit) <= 0 && active > 1;
  }

  /** How many nobody has, this worker's own left out; below zero when the limit was lowered. */
  long free(QuotaRow.View view, String self, List<String> dead, long limit) {
    long taken = 0;
    for (var entry : view.workers().entrySet()) {
      if (!entry.getKey().equals(self) && !dead.contains(entry.getKey())) {
        taken += entry.getValue().held();
      }
    }
    return limit - taken - held;
  }

  /** How many to keep, when {@code free} more may be had. */
  long target(long inUse, long waiting, long free, long nowNanos) {
    if (free < 0) {
      return Math.max(inUse, held + free);
    }
    if (inUse >= held && waiting > 0 && free > 0) {
      long most = held + free;
      long wanted = held < share ? Math.min(share, most) : held + Math.max(1, free / 4);
      return Math.min(most, Math.min(wanted, Math.max(held + 1, inUse + waiting)));
    }
    if (scarce && held > share && inUse < held) {
      return Math.max(share, inUse);
    }
    return nowNanos - busySinceNanos > UNUSED_NANOS ? inUse : held;
  }

  /** What was written, or may have been: the lower one is safe to use. */
  void writing(long target) {
    held = Math.min(held, target);
  }

  void written(long target) {
    held = target;
  }
}
