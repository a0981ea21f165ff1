package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.store.LaneSnapshot;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A queue that serves interactive before batch, and within each the owners in fair turns ({@link
 * FairQueue}). While both priorities wait, batch gets a tenth of the tokens, so that it is never
 * shut out. Not thread-safe.
 */
final class Turns<T> {
  /** Tokens of interactive for one token of batch, while both wait: batch has a tenth of all. */
  private static final long INTERACTIVE_PER_BATCH = 9;

  /**
   * A turn that was taken, to be settled once.
   *
   * @param contest the time of both priorities waiting in which it was taken; 0 for none
   */
  record Turn(Priority priority, FairQueue.Charge charge, long contest) {}

  private final FairQueue<T> interactive;
  private final FairQueue<T> batch;

  /** Tokens of interactive that no turn of batch has followed yet. */
  private long batchCredit;

  private long contest = 1;

  /**
   * @param weights as of {@link FairQueue}
   */
  Turns(ToIntFunction<Owner> weights) {
    interactive = new FairQueue<>(weights);
    batch = new FairQueue<>(weights);
  }

  /**
   * Queues an element behind its owner's others.
   *
   * @param nowMillis of the wall's clock, for {@link #queues}
   */
  void add(WorkItem whose, T element, long nowMillis) {
    queue(whose.priority()).add(whose.owner(), element, whose.tokensPerCall(), nowMillis);
  }

  /** What waits at one priority, longest queue first. */
  List<LaneSnapshot.Queue> queues(Priority priority) {
    return queue(priority).queues(priority);
  }

  /** Whether nothing waits, held or not. */
  boolean isEmpty() {
    return interactive.isEmpty() && batch.isEmpty();
  }

  /** Whose turn it is, left in place; null when nobody may have one. */
  @Nullable T peek() {
    return queue(next()).peek();
  }

  private Priority next() {
    if (!batch.hasReady()) {
      return Priority.INTERACTIVE;
    }
    return !interactive.hasReady() || batchCredit >= INTERACTIVE_PER_BATCH * batch.peekTokens()
        ? Priority.BATCH
        : Priority.INTERACTIVE;
  }

  /**
   * Ends the turn of {@link #peek}'s owner.
   *
   * @param done whether the element leaves; else it stays first among its owner's
   */
  Turn turnTaken(boolean done) {
    Priority priority = next();
    boolean contested = interactive.hasReady() && batch.hasReady();
    FairQueue.Charge charge = queue(priority).turnTaken(done);
    Turn turn = new Turn(priority, charge, contested ? contest : 0);
    count(turn, charge.tokens());
    endContestWithoutBatch();
    return turn;
  }

  /** What the turn really used; none when there was no call. */
  void settle(Turn turn, long usedTokens) {
    queue(turn.priority()).settle(turn.charge(), usedTokens);
    count(turn, usedTokens - turn.charge().tokens());
  }

  private void count(Turn turn, long tokens) {
    boolean batchOwes = turn.priority() == Priority.BATCH && tokens > 0 && turn.contest() != 0;
    if (turn.contest() == contest || batchOwes) {
      batchCredit += turn.priority() == Priority.BATCH ? -INTERACTIVE_PER_BATCH * tokens : tokens;
    }
  }

  /** What batch has a right to, it has while it waits; it is not saved up. */
  private void endContestWithoutBatch() {
    if (!batch.hasReady()) {
      batchCredit = Math.min(0, batchCredit);
      contest++;
    }
  }

  /** Gives {@code owner} no turn until it is {@link #free}d; the others go on. */
  void hold(Owner owner, String reason) {
    interactive.hold(owner, reason);
    batch.hold(owner, reason);
    endContestWithoutBatch();
  }

  void free(Owner owner) {
    interactive.free(owner);
    batch.free(owner);
  }

  private FairQueue<T> queue(Priority priority) {
    return priority == Priority.BATCH ? batch : interactive;
  }
}
