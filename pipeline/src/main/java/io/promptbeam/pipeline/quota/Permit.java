package io.promptbeam.pipeline.quota;

import java.time.Duration;

/** The right to make one call. Released exactly once, by one of these methods. Thread-safe. */
public interface Permit {
  /**
   * The call reached the provider.
   *
   * @param used as reported; settles the estimate, and teaches later ones unless it is nothing
   */
  void succeeded(TokenAmount used, long nowNanos);

  /** The call may have reached the provider, and nobody knows what it used: as estimated. */
  void spent(long nowNanos);

  /** No call was made: the quota gets everything back. */
  void ignored(long nowNanos);

  /**
   * The provider asked for fewer calls.
   *
   * @param pauseFor no permit is granted to anybody for so long; may be zero
   */
  void throttled(Duration pauseFor, long nowNanos);
}
