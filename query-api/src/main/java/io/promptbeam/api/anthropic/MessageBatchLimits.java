package io.promptbeam.api.anthropic;

import io.promptbeam.batch.BatchLine;
import java.time.Duration;

/**
 * What a creation of a message batch may be.
 *
 * @param maxBodyBytes more is answered 413
 * @param maxRequests of one batch
 * @param retryWindow how long after a creation the same body, marked as a retry, is taken for the
 *     same creation
 */
public record MessageBatchLimits(long maxBodyBytes, int maxRequests, Duration retryWindow) {
  public static final MessageBatchLimits DEFAULT =
      new MessageBatchLimits(256L * 1024 * 1024, 1_000_000, Duration.ofMinutes(10));

  public MessageBatchLimits {
    if (maxRequests < 1 || maxRequests > BatchLine.MAX_LINES) {
      throw new IllegalArgumentException("maxRequests must be 1 to " + BatchLine.MAX_LINES);
    }
    if (retryWindow.isNegative() || retryWindow.isZero()) {
      throw new IllegalArgumentException("retryWindow must be positive");
    }
  }
}
