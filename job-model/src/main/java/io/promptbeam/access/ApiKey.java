package io.promptbeam.access;

import io.promptbeam.job.Owner;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of an issued key, which is never the key.
 *
 * @param name of its use; an owner's keys of one name take turns
 * @param sha256 of the key's text, 64 lower-case hexadecimal digits
 */
public record ApiKey(
    KeyId id,
    Owner owner,
    String name,
    Set<Scope> scopes,
    String sha256,
    Instant createdAt,
    Optional<Instant> expiresAt,
    Optional<Instant> revokedAt) {
  /** Whether it opens anything. */
  public enum Status {
    LIVE,
    EXPIRED,
    REVOKED
  }

  public ApiKey {
    scopes = Set.copyOf(scopes);
    if (scopes.isEmpty()) {
      throw new IllegalArgumentException("a key without scopes opens nothing");
    }
  }

  public Status status(Instant now) {
    if (revokedAt.isPresent()) {
      return Status.REVOKED;
    }
    return expiresAt.filter(at -> !at.isAfter(now)).isPresent() ? Status.EXPIRED : Status.LIVE;
  }

  public boolean isLive(Instant now) {
    return status(now) == Status.LIVE;
  }

  /** Takes as long for a key that is nearly right as for any other. */
  public boolean isOf(KeyText text) {
    return MessageDigest.isEqual(
        sha256.getBytes(StandardCharsets.US_ASCII),
        text.sha256().getBytes(StandardCharsets.US_ASCII));
  }

  /** Changes nothing where it was revoked before. */
  ApiKey revoked(Instant at) {
    return revokedAt.isPresent() ? this : with(expiresAt, Optional.of(at));
  }

  /** Never later than it would anyway. */
  ApiKey expiringBy(Instant at) {
    return with(Optional.of(expiresAt.filter(at::isAfter).orElse(at)), revokedAt);
  }

  private ApiKey with(Optional<Instant> expires, Optional<Instant> revoked) {
    return new ApiKey(id, owner, name, scopes, sha256, createdAt, expires, revoked);
  }
}
