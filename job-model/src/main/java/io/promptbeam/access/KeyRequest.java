package io.promptbeam.access;

import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Which key is wanted.
 *
 * @param scopes empty: those of the key that is rotated, else {@link Scope#DEFAULT}
 * @param lifetime empty: it does not end by itself
 * @param rotation empty: the first of its name
 */
public record KeyRequest(
    Owner owner,
    String name,
    Optional<Set<Scope>> scopes,
    Optional<Duration> lifetime,
    Optional<Rotation> rotation) {
  /** A forgotten key ends; one in use is rotated in good time, since two may be live. */
  public static final Duration DEFAULT_LIFETIME = Duration.ofDays(90);

  private static final Duration MAX_LIFETIME = Duration.ofDays(3_650);

  public KeyRequest {
    if (!KeyRing.isName(name)) {
      throw new IllegalArgumentException("a key's name is 1 to 64 letters, digits or . _ -");
    }
    lifetime.ifPresent(KeyRequest::check);
  }

  /**
   * What becomes of the key there is.
   *
   * @param oldLivesFor empty: it ends when it would anyway
   */
  public record Rotation(Optional<Duration> oldLivesFor) {
    public Rotation {
      oldLivesFor.ifPresent(KeyRequest::check);
    }
  }

  private static void check(Duration lifetime) {
    if (lifetime.toSeconds() < 1 || lifetime.compareTo(MAX_LIFETIME) > 0) {
      throw new IllegalArgumentException("a key lives a second or more, and 3,650 days at most");
    }
  }
}
