package io.promptbeam.pipeline.quota;

/**
 * What one model may do. Implementations are thread-safe and never block: a caller that must wait
 * is told for how long and asks again.
 */
public interface Quota {
  /**
   * Takes one call of about {@code tokens} tokens out of the quota.
   *
   * @param tokens input and output together, estimated
   * @param nowNanos monotonic time, as of {@link System#nanoTime}
   */
  Acquisition tryAcquire(long tokens, long nowNanos);

  /** A permit, or how long to wait for one. */
  sealed interface Acquisition {
    record Granted(Permit permit) implements Acquisition {}

    /**
     * Not now.
     *
     * @param nanos asking earlier is pointless; {@link Long#MAX_VALUE} when only the release of
     *     another permit can help
     */
    record Wait(long nanos, Limit limit) implements Acquisition {}
  }

  /** Which limit binds. */
  enum Limit {
    REQUESTS_PER_MINUTE,
    TOKENS_PER_MINUTE,
    IN_FLIGHT,
    PAUSED_BY_PROVIDER
  }
}
