package io.promptbeam.pipeline.llm;

import java.util.Optional;

/**
 * How far one call has come, by which limit it is bound now, and when to look again. It does no
 * waiting of its own: noting progress is two writes, and whoever watches looks again only when a
 * limit can have passed. Times are of {@link System#nanoTime}. Noted by one thread at a time, read
 * by any.
 */
final class CallProgress {
  private enum Phase {
    CONNECTING,
    AWAITING_HEAD,
    READING,
    READ
  }

  private final CallLimits limits;
  private final long firstByteNanos;
  private final long betweenChunksNanos;
  private final long endNanos;
  private volatile long sinceNanos;
  private volatile Phase phase = Phase.CONNECTING;

  CallProgress(CallLimits limits, long nowNanos) {
    this.limits = limits;
    firstByteNanos = limits.firstByte().toNanos();
    betweenChunksNanos = limits.betweenChunks().toNanos();
    endNanos = nowNanos + limits.whole().toNanos();
    sinceNanos = nowNanos;
  }

  /** The connection stands, the request goes out. */
  void sending(long nowNanos) {
    note(Phase.AWAITING_HEAD, nowNanos);
  }

  /** The head or a piece of the body came. */
  void received(long nowNanos) {
    note(Phase.READING, nowNanos);
  }

  /** The body is complete, or broke. */
  void read(long nowNanos) {
    note(Phase.READ, nowNanos);
  }

  /** The time first: who sees the new phase must not see the old time. */
  private void note(Phase next, long nowNanos) {
    sinceNanos = nowNanos;
    phase = next;
  }

  /** The limit that has passed, if one has. */
  Optional<LlmException> passed(long nowNanos) {
    if (endNanos - nowNanos <= 0) {
      return Optional.of(limits.wholePassed());
    }
    Phase now = phase;
    long forNanos = nowNanos - sinceNanos;
    if (now == Phase.AWAITING_HEAD && forNanos >= firstByteNanos) {
      return Optional.of(limits.firstBytePassed());
    }
    if (now == Phase.READING && forNanos >= betweenChunksNanos) {
      return Optional.of(limits.betweenChunksPassed());
    }
    return Optional.empty();
  }

  /**
   * How long no limit can pass, whatever comes: the head may come at any moment, and from then on
   * the limit between pieces holds.
   */
  long quietNanos(long nowNanos) {
    long forNanos = nowNanos - sinceNanos;
    long quiet =
        switch (phase) {
          case CONNECTING -> Math.min(firstByteNanos, betweenChunksNanos);
          case AWAITING_HEAD -> Math.min(firstByteNanos - forNanos, betweenChunksNanos);
          case READING -> betweenChunksNanos - forNanos;
          case READ -> Long.MAX_VALUE;
        };
    return Math.max(0, Math.min(quiet, endNanos - nowNanos));
  }
}
