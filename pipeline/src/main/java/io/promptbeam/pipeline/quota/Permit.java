package io.promptbeam.pipeline.quota;

import java.time.Duration;

/** The right to make one call. Released exactly once, by one of the three methods. Thread-safe. */
public interface Permit {
  /**
   * The call reached the provider.
   *
   * @param tokens used, as reported; settles the estimate
   */
  void succeeded(long tokens, long nowNanos);

  /** No call was made: the quota gets everything back. */
  void ignored(long nowNanos);

  /**
   * The provider asked for fewer calls.
   *
   * @param pauseFor no permit is granted to anybody for so long; may be zero
   */
  void throttled(Duration pauseFor, long nowNanos);
}
