package io.promptbeam.local.deadletter;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Goes through the dead letters that are there: pulls until two answers in a row bring nothing new,
 * holds what it has pulled so that it is not pulled again, and gives back at the end what was not
 * removed. Not thread-safe, but for {@link #stop}.
 *
 * <p>Replaying publishes first and acknowledges only what the jobs topic has confirmed. Whoever
 * dies in between leaves a message in both places, and the next replay sends it again: a reference
 * to a job that has been called is dropped by the claim, and a whole job carries its idempotency
 * key, so neither is called twice.
 */
public final class DeadLetters {
  /** Answers without news in a row that count as the end; one may be chance. */
  private static final int EMPTY_ANSWERS = 2;

  private static final int PULL_MESSAGES = 100;

  /** What is left of it after every call's patience must still be enough for the next. */
  private static final Duration HOLD = Duration.ofSeconds(60);

  private static final Duration HOLD_AGAIN_AFTER = Duration.ofSeconds(15);

  private final DeadLetterQueue queue;
  private final InstantSource clock;
  private final Duration patience;
  private volatile boolean stopped;

  /** Ack ids of what was pulled and is still the subscription's. */
  private final Set<String> held = new LinkedHashSet<>();

  /** Message ids of what is not the subscription's any more. */
  private final Set<String> removed = new HashSet<>();

  private long nextHoldMillis;

  /**
   * Over {@code queue}, which it does not close.
   *
   * @param patience after which it ends, whatever is left
   */
  public DeadLetters(DeadLetterQueue queue, InstantSource clock, Duration patience) {
    this.queue = queue;
    this.clock = clock;
    this.patience = patience;
  }

  /** Why it ended. */
  public enum End {
    /** Nothing more is there, as far as can be seen. */
    SEEN_ALL,
    /** The selection's limit, or all of its message ids. */
    SATISFIED,
    STOPPED,
    OUT_OF_TIME
  }

  /** Ends as soon as the call on the way has its answer; what is not done stays in place. */
  public void stop() {
    stopped = true;
  }

  /** Shows what is selected, each once, and leaves all of it there. */
  public End look(Selection selection, Consumer<DeadLetter> each) {
    int[] shown = {0};
    return go(
        fresh -> {
          for (DeadLetter letter : fresh) {
            if (selection.includes(letter) && !selection.isFull(shown[0])) {
              shown[0]++;
              each.accept(letter);
            }
          }
          return selection.isFull(shown[0]);
        });
  }

  /**
   * Sends what is selected to the jobs topic again and removes it here. Truncated ones stay, and
   * copies of what was just replayed: a message that still cannot be decoded comes back as a new
   * one, and would go round for ever.
   *
   * @param tally is kept up to date, for whoever wants to know after a failure too
   */
  public End replay(Selection selection, ReplayTally tally) {
    Replay replay = new Replay(queue, selection, tally);
    return go(
        fresh -> {
          replay.send(fresh, this::forget);
          return selection.isFull(tally.replayed())
              || selection.isComplete(tally.replayed() + tally.truncated().size());
        });
  }

  /**
   * Removes what is selected for good.
   *
   * @param each told of every letter that is gone
   */
  public End discard(Selection selection, Consumer<DeadLetter> each) {
    int[] discarded = {0};
    return go(
        fresh -> {
          List<DeadLetter> unwanted =
              fresh.stream()
                  .filter(selection::includes)
                  .limit(selection.limit() - discarded[0])
                  .toList();
          if (!unwanted.isEmpty()) {
            queue.acknowledge(unwanted.stream().map(DeadLetter::ackId).toList());
            forget(unwanted);
            discarded[0] += unwanted.size();
            unwanted.forEach(each);
          }
          return selection.isFull(discarded[0]);
        });
  }

  private interface Step {
    /** Handles letters that were not seen before; answers whether that was enough. */
    boolean take(List<DeadLetter> fresh);
  }

  private End go(Step step) {
    Set<String> seen = new HashSet<>();
    long endMillis = clock.millis() + patience.toMillis();
    int empty = 0;
    try {
      while (empty < EMPTY_ANSWERS) {
        if (stopped) {
          return End.STOPPED;
        }
        if (clock.millis() >= endMillis) {
          return End.OUT_OF_TIME;
        }
        List<DeadLetter> pulled = withoutRemoved(queue.pull(PULL_MESSAGES));
        hold(pulled);
        List<DeadLetter> fresh = new ArrayList<>();
        for (DeadLetter letter : pulled) {
          if (seen.add(letter.messageId())) {
            fresh.add(letter);
          }
        }
        empty = fresh.isEmpty() ? empty + 1 : 0;
        if (!fresh.isEmpty() && step.take(fresh)) {
          return End.SATISFIED;
        }
      }
      return End.SEEN_ALL;
    } finally {
      releaseAll();
    }
  }

  /** An acknowledgement may be lost, and what it was for delivered again. */
  private List<DeadLetter> withoutRemoved(List<DeadLetter> pulled) {
    List<String> again =
        pulled.stream()
            .filter(letter -> removed.contains(letter.messageId()))
            .map(DeadLetter::ackId)
            .toList();
    if (again.isEmpty()) {
      return pulled;
    }
    queue.acknowledge(again);
    return pulled.stream().filter(letter -> !removed.contains(letter.messageId())).toList();
  }

  private void hold(List<DeadLetter> pulled) {
    List<String> ackIds = pulled.stream().map(DeadLetter::ackId).toList();
    held.addAll(ackIds);
    if (!holdAllIfDue() && !ackIds.isEmpty()) {
      queue.hold(ackIds, HOLD);
    }
  }

  private boolean holdAllIfDue() {
    if (clock.millis() < nextHoldMillis) {
      return false;
    }
    nextHoldMillis = clock.millis() + HOLD_AGAIN_AFTER.toMillis();
    queue.hold(held, HOLD);
    return true;
  }

  private void forget(List<DeadLetter> letters) {
    for (DeadLetter letter : letters) {
      held.remove(letter.ackId());
      removed.add(letter.messageId());
    }
    holdAllIfDue();
  }

  private void releaseAll() {
    List<String> ackIds = List.copyOf(held);
    held.clear();
    try {
      queue.release(ackIds);
    } catch (QueueException e) {
      // They come back by themselves when their deadline has passed.
    }
  }
}
