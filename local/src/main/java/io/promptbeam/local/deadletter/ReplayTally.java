package io.promptbeam.local.deadletter;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a replay has done so far. Not thread-safe. */
public final class ReplayTally {
  private final Set<String> replayedIds = new HashSet<>();
  private final List<String> truncatedIds = new ArrayList<>();
  private int copies;

  /** Published and removed. */
  public int replayed() {
    return replayedIds.size();
  }

  /** The message ids of those left since their payload is not whole. */
  public List<String> truncated() {
    return List.copyOf(truncatedIds);
  }

  /** Left, since the same payload was replayed before in this run. */
  public int copies() {
    return copies;
  }

  /** Whether a message of this id was there. */
  public boolean found(String messageId) {
    return replayedIds.contains(messageId) || truncatedIds.contains(messageId);
  }

  void addReplayed(List<DeadLetter> letters) {
    letters.forEach(letter -> replayedIds.add(letter.messageId()));
  }

  void addTruncated(DeadLetter letter) {
    truncatedIds.add(letter.messageId());
  }

  void addCopy() {
    copies++;
  }
}
