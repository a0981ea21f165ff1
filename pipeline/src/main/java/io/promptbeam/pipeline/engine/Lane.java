package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.quota.Quota;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one model: interactive before batch, and owners taking turns within each. Not
 * thread-safe: the engine's loop owns it.
 */
final class Lane {
  private final Quota quota;
  private final Map<Priority, Turns> queues = new EnumMap<>(Priority.class);

  Lane(Quota quota) {
    this.quota = quota;
    for (Priority priority : Priority.values()) {
      queues.put(priority, new Turns());
    }
  }

  Quota quota() {
    return quota;
  }

  void add(ActiveItem item) {
    queue(item.item().priority()).add(item);
  }

  /** The item whose turn it is, left in place; null when nothing waits. */
  @Nullable ActiveItem peek() {
    for (Turns turns : queues.values()) {
      ActiveItem item = turns.peek();
      if (item != null) {
        return item;
      }
    }
    return null;
  }

  /** Ends the turn of {@link #peek}'s item, which goes to the back while it has more to draw. */
  void turnTaken(ActiveItem item) {
    queue(item.item().priority()).turnTaken();
  }

  private Turns queue(Priority priority) {
    Turns turns = queues.get(priority);
    if (turns == null) {
      throw new IllegalStateException("every priority has a queue");
    }
    return turns;
  }

  /** Owners in turn, each with its items in order. */
  private static final class Turns {
    private final LinkedHashMap<Owner, ArrayDeque<ActiveItem>> byOwner = new LinkedHashMap<>();

    void add(ActiveItem item) {
      byOwner.computeIfAbsent(item.item().owner(), owner -> new ArrayDeque<>()).add(item);
    }

    @Nullable ActiveItem peek() {
      return byOwner.isEmpty() ? null : byOwner.values().iterator().next().peekFirst();
    }

    void turnTaken() {
      var first = byOwner.entrySet().iterator();
      var entry = first.next();
      first.remove();
      ArrayDeque<ActiveItem> items = entry.getValue();
      if (!items.getFirst().hasUndrawn()) {
        items.removeFirst();
      }
      if (!items.isEmpty()) {
        byOwner.put(entry.getKey(), items);
      }
    }
  }
}
