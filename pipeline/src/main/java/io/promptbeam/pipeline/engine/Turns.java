package io.promptbeam.pipeline.engine;

import io.promptbeam.job.Owner;
import io.promptbeam.job.Priority;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A queue that serves interactive before batch, and owners in turn within each. Not thread-safe.
 */
final class Turns<T> {
  private final Map<Priority, LinkedHashMap<Owner, ArrayDeque<T>>> waiting =
      new EnumMap<>(Priority.class);

  void add(WorkItem whose, T element) {
    waiting
        .computeIfAbsent(whose.priority(), priority -> new LinkedHashMap<>())
        .computeIfAbsent(whose.owner(), owner -> new ArrayDeque<>())
        .add(element);
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Whose turn it is, left in place; null when nothing waits. */
  @Nullable T peek() {
    for (var byOwner : waiting.values()) {
      return byOwner.values().iterator().next().peekFirst();
    }
    return null;
  }

  /**
   * Ends the turn of {@link #peek}'s owner.
   *
   * @param done whether the element leaves; else it stays first among its owner's
   */
  void turnTaken(boolean done) {
    var first = waiting.entrySet().iterator();
    LinkedHashMap<Owner, ArrayDeque<T>> byOwner = first.next().getValue();
    var owners = byOwner.entrySet().iterator();
    var owner = owners.next();
    owners.remove();
    ArrayDeque<T> elements = owner.getValue();
    if (done) {
      elements.removeFirst();
    }
    if (!elements.isEmpty()) {
      byOwner.put(owner.getKey(), elements);
    }
    if (byOwner.isEmpty()) {
      first.remove();
    }
  }
}
