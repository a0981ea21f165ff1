package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.function.ToIntFunction;

/**
 * Lets a lane's retries go as their budget allows. While the breaker is open they stay: probes are
 * made with jobs that have all their attempts, and only where there are none, with the retry that
 * waits longest. Not thread-safe: the engine's loop owns it.
 */
final class LaneRetries {
  private static final long OPEN_LOOK_NANOS = Duration.ofMillis(500).toNanos();

  private final AttemptContext context;
  private final Lane lane;
  private final ProviderHealth health;
  private final RetryBudget budget;
  private boolean scheduled;

  /**
   * @param weights of owners, as of {@link FairQueue}
   */
  LaneRetries(
      AttemptContext context, Lane lane, ProviderHealth health, ToIntFunction<Owner> weights) {
    this.context = context;
    this.lane = lane;
    this.health = health;
    budget = new RetryBudget(RetryBudget.Settings.DEFAULT, weights, context.nowNanos());
  }

  /** Runs {@code retry} when the budget allows it. */
  void whenBudgeted(ActiveItem whose, Runnable retry) {
    budget.add(whose.item(), retry);
    look();
  }

  /** An attempt has ended: answers earn retries. */
  void ended(CallReport report) {
    if (report == CallReport.ANSWERED || report == CallReport.RETRY_ANSWERED) {
      budget.earn(report == CallReport.RETRY_ANSWERED, context.nowNanos());
      look();
    }
  }

  /** Lets go what may go now, and looks again by itself while any wait. */
  void look() {
    if (!budget.hasWaiting()) {
      return;
    }
    long now = context.nowNanos();
    long wait;
    if (health.isFailing()) {
      if (health.waitNanos(now) == 0 && lane.peek() == null) {
        var unused = budget.releaseOne();
      }
      wait = OPEN_LOOK_NANOS;
    } else {
      budget.release(now);
      wait = budget.waitNanos();
    }
    if (budget.hasWaiting() && !scheduled) {
      scheduled = true;
      var unused =
          context.after(
              Duration.ofNanos(wait),
              Unforeseen.guarded(
                  () -> {
                    scheduled = false;
                    look();
                  }));
    }
  }
}
