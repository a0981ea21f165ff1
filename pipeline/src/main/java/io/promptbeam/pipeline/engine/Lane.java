package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.store.LaneSnapshot;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one model: interactive before batch, and owners in fair turns within each. Not
 * thread-safe: the engine's loop owns it.
 */
final class Lane {
  private final Quota quota;
  private final Turns<ActiveItem> turns;

  Lane(Quota quota, ToIntFunction<Owner> weights) {
    this.quota = quota;
    turns = new Turns<>(weights);
  }

  Quota quota() {
    return quota;
  }

  void add(ActiveItem item, long nowMillis) {
    turns.add(item.item(), item, nowMillis);
  }

  /** Whether nothing waits, not even what may not be called yet. */
  boolean isEmpty() {
    return turns.isEmpty();
  }

  /** What waits at one priority, longest queue first. */
  List<LaneSnapshot.Queue> queues(Priority priority) {
    return turns.queues(priority);
  }

  /** The item whose turn it is, left in place; null when nothing waits that may be called. */
  @Nullable ActiveItem peek() {
    return turns.peek();
  }

  /** Ends the turn of {@link #peek}'s item, which goes to the back while it has more to draw. */
  Turns.Turn turnTaken(ActiveItem item) {
    return turns.turnTaken(!item.hasUndrawn());
  }

  /** What the call really used; none when there was no call. */
  void settle(Turns.Turn turn, long usedTokens) {
    turns.settle(turn, usedTokens);
  }

  /** Gives {@code owner} no turn until it is {@link #free}d; the others go on. */
  void hold(Owner owner, String reason) {
    turns.hold(owner, reason);
  }

  void free(Owner owner) {
    turns.free(owner);
  }
}
