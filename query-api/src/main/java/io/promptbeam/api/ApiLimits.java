package io.promptbeam.api;

import io.promptbeam.api.anthropic.MessageBatchLimits;
import io.promptbeam.api.spark.Patience;
import java.time.Duration;

/**
 * What a server takes on.
 *
 * @param maxBodyBytes of a request; more is answered 413
 * @param maxFileBytes of an uploaded file; more is answered 413
 * @param maxHeaderBytes of a request, its first line included
 * @param idleTimeout of a connection, also while a body is awaited
 * @param patience with slow callers
 * @param maxThreads a request takes one while it is answered
 * @param maxQueued tasks that wait for a thread; beyond it connections are closed
 * @param maxWaiters requests held by {@code Prefer: wait}, fewer than threads
 * @param cacheBytes of rendered answers about ended jobs
 * @param cacheTimeToLive how long an erasure by another process may go unnoticed
 * @param messageBatches of creations of Anthropic's message batches
 */
public record ApiLimits(
    int maxBodyBytes,
    long maxFileBytes,
    int maxHeaderBytes,
    Duration idleTimeout,
    Patience patience,
    int maxThreads,
    int maxQueued,
    int maxWaiters,
    long cacheBytes,
    Duration cacheTimeToLive,
    MessageBatchLimits messageBatches) {
  public static final ApiLimits DEFAULT =
      new ApiLimits(
          10_000_000,
          2L * 1024 * 1024 * 1024,
          16 * 1024,
          Duration.ofSeconds(60),
          Patience.DEFAULT,
          256,
          2_048,
          128,
          64L * 1024 * 1024,
          Duration.ofSeconds(10),
          MessageBatchLimits.DEFAULT);

  public ApiLimits {
    if (maxWaiters >= maxThreads) {
      throw new IllegalArgumentException("maxWaiters must be less than maxThreads");
    }
  }

  public ApiLimits withMaxBodyBytes(int bytes) {
    return new ApiLimits(
        bytes,
        maxFileBytes,
        maxHeaderBytes,
        idleTimeout,
        patience,
        maxThreads,
        maxQueued,
        maxWaiters,
        cacheBytes,
        cacheTimeToLive,
        messageBatches);
  }

  public ApiLimits withMaxFileBytes(long bytes) {
    return new ApiLimits(
        maxBodyBytes,
        bytes,
        maxHeaderBytes,
        idleTimeout,
        patience,
        maxThreads,
        maxQueued,
        maxWaiters,
        cacheBytes,
        cacheTimeToLive,
        messageBatches);
  }

  public ApiLimits withMaxWaiters(int waiters) {
    return new ApiLimits(
        maxBodyBytes,
        maxFileBytes,
        maxHeaderBytes,
        idleTimeout,
        patience,
        maxThreads,
        maxQueued,
        waiters,
        cacheBytes,
        cacheTimeToLive,
        messageBatches);
  }

  public ApiLimits withPatience(Patience other) {
    return new ApiLimits(
        maxBodyBytes,
        maxFileBytes,
        maxHeaderBytes,
        idleTimeout,
        other,
        maxThreads,
        maxQueued,
        maxWaiters,
        cacheBytes,
        cacheTimeToLive,
        messageBatches);
  }

  /** Zero turns the cache off. */
  public ApiLimits withCacheBytes(long bytes) {
    return new ApiLimits(
        maxBodyBytes,
        maxFileBytes,
        maxHeaderBytes,
        idleTimeout,
        patience,
        maxThreads,
        maxQueued,
        maxWaiters,
        bytes,
        cacheTimeToLive,
        messageBatches);
  }

  public ApiLimits withMessageBatches(MessageBatchLimits other) {
    return new ApiLimits(
        maxBodyBytes,
        maxFileBytes,
        maxHeaderBytes,
        idleTimeout,
        patience,
        maxThreads,
        maxQueued,
        maxWaiters,
        cacheBytes,
        cacheTimeToLive,
        other);
  }
}
