package io.promptbeam.api.deadletters;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * Where dead letters lie. Blocks, and is used by one thread at a time. What was looked at and not
 * taken is there for others at once when a method returns. A letter has the same id each time.
 */
public interface DeadLetterDesk {
  /**
   * A message that the pipeline could not read.
   *
   * @param reason a code; empty when the message is not one of the pipeline's
   * @param message for a person; may be empty
   * @param payload its beginning as text, which may hold a prompt
   * @param bytes of the whole payload
   */
  record Letter(
      String id, String reason, String message, Instant publishedAt, String payload, long bytes) {}

  /**
   * What is there.
   *
   * @param more whether there is more, as far as time allowed to look
   */
  record Look(List<Letter> letters, boolean more) {
    public Look {
      letters = List.copyOf(letters);
    }
  }

  /**
   * What was done.
   *
   * @param done ids of those that were sent back, or removed
   * @param truncated ids of those that are there, but have lost their end and cannot be sent back
   */
  record Outcome(Set<String> done, Set<String> truncated) {
    public Outcome {
      done = Set.copyOf(done);
      truncated = Set.copyOf(truncated);
    }
  }

  /** A beginning of a payload has at most so many UTF-16 characters. */
  int MAX_PAYLOAD_CHARS = 2_000;

  /**
   * Shows letters and takes none away.
   *
   * @param limit letters at most
   * @param patience how long to go on looking; a call that is under way then may take a little more
   * @throws DeskUnavailableException when they cannot be reached
   */
  Look look(int limit, Duration patience);

  /** Sends these to the pipeline again, and removes each once it is sent. Otherwise as above. */
  Outcome replay(Set<String> ids, Duration patience);

  /** Removes these for good. Otherwise as above. */
  Outcome discard(Set<String> ids, Duration patience);
}
