package io.promptbeam.catalog;

import java.time.Duration;

/**
 * How long the parts of a call may take, and the whole of it. No part gets longer than the whole.
 *
 * @param connect to open a connection, where none can be used again
 * @param firstByte from sending the request to the head of the answer. A provider that does not
 *     stream sends nothing until it is done.
 * @param betweenChunks from one piece of the answer to the next
 * @param call from start to end
 */
public record Timeouts(
    Duration connect, Duration firstByte, Duration betweenChunks, Duration call) {
  private static final Duration BETWEEN_CHUNKS = Duration.ofSeconds(30);

  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(10), Duration.ofMinutes(5));

  public Timeouts {
    firstByte = shorter(firstByte, call);
    betweenChunks = shorter(betweenChunks, call);
  }

  /** The first byte may take as long as the call. */
  public Timeouts(Duration connect, Duration call) {
    this(connect, call, BETWEEN_CHUNKS, call);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
