package io.promptbeam.local.deadletter;

import java.util.Optional;
import java.util.Set;

/**
 * Which dead letters are meant.
 *
 * @param messageIds these only; empty for any
 * @param reason this code only
 * @param limit so many at most
 */
public record Selection(Set<String> messageIds, Optional<String> reason, int limit) {
  public Selection {
    messageIds = Set.copyOf(messageIds);
    if (limit < 1) {
      throw new IllegalArgumentException("limit must be at least 1");
    }
  }

  boolean includes(DeadLetter letter) {
    return (messageIds.isEmpty() || messageIds.contains(letter.messageId()))
        && reason.map(code -> code.equals(letter.reason())).orElse(true);
  }

  /** Whether nothing more is wanted once {@code taken} letters are. */
  boolean isFull(int taken) {
    return taken >= limit || isComplete(taken);
  }

  /** Whether {@code handled} letters are all that were named. */
  boolean isComplete(int handled) {
    return !messageIds.isEmpty() && handled >= messageIds.size();
  }
}
