package io.promptbeam.pipeline.engine;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The end of an engine that starts no more calls: those in flight get their time, then the rest are
 * given up, and what was spent is written down.
 */
final class Draining {
  /** For writing down what became of calls that were given up, and then what they cost. */
  private static final Duration RECORD_PATIENCE = Duration.ofSeconds(2);

  private static final Duration LOOK = Duration.ofMillis(20);

  private final AttemptContext context;
  private final Set<Attempt> attempts;
  private final Spending spending;

  /**
   * @param attempts those that run; thread-safe
   */
  Draining(AttemptContext context, Set<Attempt> attempts, Spending spending) {
    this.context = context;
    this.attempts = attempts;
    this.spending = spending;
  }

  /** Longer than {@link #drain} takes, unless something hangs. */
  Duration patience() {
    return context.config().drainFor().plus(RECORD_PATIENCE.multipliedBy(3));
  }

  /** As {@link CallEngine#drain}; to be called once no more calls may start. */
  CompletableFuture<Void> drain() {
    // On the loop: what it is starting at this moment is noted by then.
    CompletableFuture<Void> started = new CompletableFuture<>();
    context.scheduler().soon(Unforeseen.guarded(() -> started.complete(null)));
    return started
        .thenCompose(begun -> attemptsEnd(context.config().drainFor()))
        .thenCompose(
            ended -> {
              List.copyOf(attempts).forEach(Attempt::abortCall);
              return attemptsEnd(RECORD_PATIENCE);
            })
        .thenCompose(ended -> settleAccounts());
  }

  /** Writes what is counted and gives reservations back, or leaves that to time. */
  private CompletableFuture<Void> settleAccounts() {
    CompletableFuture<Void> written =
        CompletableFuture.allOf(spending.ledger().flush(), spending.gate().close());
    if (written.isDone()) {
      return written;
    }
    CompletableFuture<Void> settled = new CompletableFuture<>();
    after(RECORD_PATIENCE, () -> settled.complete(null));
    var unused = written.whenComplete((done, failure) -> settled.complete(null));
    return settled;
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
      after(LOOK, () -> lookForEnd(untilNanos, ended));
    }
  }

  private void after(Duration wait, Runnable task) {
    var unused = context.after(wait, Unforeseen.guarded(task));
  }
}
