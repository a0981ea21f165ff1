package io.promptbeam.pipeline.engine;

import io.promptbeam.pipeline.quota.Quota;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one model: interactive before batch, and owners taking turns within each. Not
 * thread-safe: the engine's loop owns it.
 */
final class Lane {
  private final Quota quota;
  private final Turns<ActiveItem> turns = new Turns<>();

  Lane(Quota quota) {
    this.quota = quota;
  }

  Quota quota() {
    return quota;
  }

  void add(ActiveItem item) {
    turns.add(item.item(), item);
  }

  /** The item whose turn it is, left in place; null when nothing waits. */
  @Nullable ActiveItem peek() {
    return turns.peek();
  }

  /** Ends the turn of {@link #peek}'s item, which goes to the back while it has more to draw. */
  void turnTaken(ActiveItem item) {
    turns.turnTaken(!item.hasUndrawn());
  }
}
