package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;

/**
 * What one model may do. Implementations are thread-safe and never block: a caller that must wait
 * is told for how long and asks again.
 */
public interface Quota {
  /**
   * Takes one call out of the quota.
   *
   * @param nowNanos monotonic time, as of {@link System#nanoTime}
   */
  Acquisition tryAcquire(TokenAmount estimate, long nowNanos);

  /**
   * Says how many calls wait, the next one included, so that nothing is set aside for nobody. Said
   * before asking; without it there is always one more.
   */
  default void expect(long waitingCalls) {}

  /** Runs {@code listener}, which must be quick, when a caller that was told to wait may look. */
  default void onChange(Runnable listener) {}

  /** What a provider said of its limits. */
  default void hint(RateHint hint, long nowNanos) {}

  /** For people. */
  QuotaState state();

  /** A permit, or how long to wait for one. */
  sealed interface Acquisition {
    record Granted(Permit permit) implements Acquisition {}

    /**
     * Not now.
     *
     * @param nanos asking earlier is pointless, unless a listener is told; {@link Long#MAX_VALUE}
     *     when only the release of another permit can help
     */
    record Wait(long nanos, Limit limit) implements Acquisition {}
  }

  /** Which limit binds. */
  enum Limit {
    REQUESTS_PER_MINUTE,
    TOKENS_PER_MINUTE,
    INPUT_TOKENS_PER_MINUTE,
    OUTPUT_TOKENS_PER_MINUTE,
    IN_FLIGHT,
    PAUSED_BY_PROVIDER;

    static Limit of(Dimension dimension) {
      return switch (dimension) {
        case REQUESTS -> REQUESTS_PER_MINUTE;
        case TOKENS -> TOKENS_PER_MINUTE;
        case INPUT_TOKENS -> INPUT_TOKENS_PER_MINUTE;
        case OUTPUT_TOKENS -> OUTPUT_TOKENS_PER_MINUTE;
      };
    }
  }
}
