package io.promptbeam.api;

import io.promptbeam.api.access.Principals;
import io.promptbeam.api.access.TrustedTokens;
import java.util.Optional;

/**
 * By what callers may come in; by any of these, or where there is none, by being on this machine.
 *
 * @param keys of a file
 * @param storedKeys whether the store's keys are taken
 * @param tokens signed ID tokens
 * @param assertions of Identity-Aware Proxy
 * @param localIsAdmin whether who comes in by being on this machine may do everything
 */
public record Access(
    Optional<ApiKeys> keys,
    boolean storedKeys,
    Optional<Trust> tokens,
    Optional<Trust> assertions,
    boolean localIsAdmin) {
  /** Which tokens, and whom they let in. */
  public record Trust(TrustedTokens tokens, Principals principals) {}

  /** Whoever is on this machine. */
  public static final Access LOOPBACK =
      new Access(Optional.empty(), false, Optional.empty(), Optional.empty(), false);

  public Access withKeys(ApiKeys known) {
    return new Access(Optional.of(known), storedKeys, tokens, assertions, localIsAdmin);
  }

  public Access withStoredKeys() {
    return new Access(keys, true, tokens, assertions, localIsAdmin);
  }

  public Access withTokens(Trust trust) {
    return new Access(keys, storedKeys, Optional.of(trust), assertions, localIsAdmin);
  }

  public Access withAssertions(Trust trust) {
    return new Access(keys, storedKeys, tokens, Optional.of(trust), localIsAdmin);
  }

  /** For a service that has nobody's things but those of who runs it. */
  public Access withLocalAdmin() {
    return new Access(keys, storedKeys, tokens, assertions, true);
  }

  /** Whether nobody has to prove anything. */
  public boolean isByLoopback() {
    return keys.isEmpty() && !storedKeys && tokens.isEmpty() && assertions.isEmpty();
  }
}
