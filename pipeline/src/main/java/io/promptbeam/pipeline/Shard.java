package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.engine.WorkListener;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What finished for one key of {@link CallLlm} since its last timer, so that a timer costs what
 * finished and not what waits. Filled by the engine's threads, drained by the runner's.
 */
final class Shard implements WorkListener {
  private final ConcurrentLinkedQueue<JobOutcome> outcomes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> finishedKeys = new ConcurrentLinkedQueue<>();
  private final AtomicInteger unfinished = new AtomicInteger();

  /** Counts an item in, before it is offered. */
  void expect() {
    unfinished.incrementAndGet();
  }

  /** Whether the engine still holds items of this shard. */
  boolean isBusy() {
    return unfinished.get() > 0;
  }

  @Override
  public void jobEnded(JobOutcome outcome) {
    outcomes.add(outcome);
  }

  @Override
  public void alreadyListening(WorkItem item) {
    unfinished.decrementAndGet();
  }

  @Override
  public void itemFinished(WorkItem item) {
    finishedKeys.add(item.key());
    unfinished.decrementAndGet();
  }

  /** Takes out all there is at this moment. */
  void drain(Consumer<JobOutcome> onOutcome, Consumer<String> onFinishedKey) {
    // In this order: an item's outcomes come before its key, so none is left behind when the key
    // was the last that kept a timer going.
    drain(finishedKeys, onFinishedKey);
    drain(outcomes, onOutcome);
  }

  private static <T> void drain(ConcurrentLinkedQueue<T> queue, Consumer<T> consumer) {
    for (@Nullable T next = queue.poll(); next != null; next = queue.poll()) {
      consumer.accept(next);
    }
  }
}
