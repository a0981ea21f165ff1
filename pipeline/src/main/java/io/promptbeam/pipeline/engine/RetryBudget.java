package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import java.util.function.ToIntFunction;

/**
 * How many retries a model's calls may add: calls that are answered earn them, failing calls spend
 * them, so that retries cannot multiply the load on a provider that fails. A retry without budget
 * waits, and is not lost. Not thread-safe: the engine's loop owns it. (After the retry quota of the
 * AWS SDKs and Finagle's RetryBudget.)
 */
final class RetryBudget {
  /**
   * How it counts.
   *
   * @param burst retries at most that may be saved up
   * @param perAnswer earned by a call that was answered
   * @param perSecond earned by time, so that nothing waits for ever
   */
  record Settings(double burst, double perAnswer, double perSecond) {
    static final Settings DEFAULT = new Settings(100, 0.5, 2);
  }

  private final Settings settings;
  private final Turns<Runnable> waiting;
  private double balance;
  private long filledAtNanos;

  /**
   * @param weights of owners, as of {@link FairQueue}
   */
  RetryBudget(Settings settings, ToIntFunction<Owner> weights, long nowNanos) {
    this.settings = settings;
    waiting = new Turns<>(weights);
    balance = settings.burst();
    filledAtNanos = nowNanos;
  }

  /** Queues {@code retry}; {@link #release} runs it when there is budget, in fair turns. */
  void add(WorkItem whose, Runnable retry) {
    waiting.add(whose, retry, 0);
  }

  /** A call was answered; {@code afterRetry} gives back what a retry had spent. */
  void earn(boolean afterRetry, long nowNanos) {
    fill(nowNanos);
    balance = Math.min(settings.burst(), balance + settings.perAnswer() + (afterRetry ? 1 : 0));
  }

  /** Runs what waits, as far as the budget goes. */
  void release(long nowNanos) {
    fill(nowNanos);
    while (balance >= 1 && releaseOne()) {
      balance--;
    }
  }

  /** Runs the one whose turn it is, whatever the budget. False when none waits. */
  boolean releaseOne() {
    Runnable retry = waiting.peek();
    if (retry == null) {
      return false;
    }
    var unused = waiting.turnTaken(true);
    retry.run();
    return true;
  }

  /** Nanoseconds until time alone lets the next retry go; 0 when none waits. */
  long waitNanos() {
    return waiting.isEmpty()
        ? 0
        : Math.max(1, (long) Math.ceil((1 - balance) / settings.perSecond() * 1e9));
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  private void fill(long nowNanos) {
    double seconds = (nowNanos - filledAtNanos) / 1e9;
    balance = Math.min(settings.burst(), balance + seconds * settings.perSecond());
    filledAtNanos = nowNanos;
  }
}
