package io.promptbeam.pipeline.quota;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaLimits;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;

/** A quota kept in this worker's memory: exact for one worker, blind to others. */
public final class WorkerQuota implements Quota {
  /** Small, so that calls go out evenly; large enough to make up for a late timer. */
  private static final long REQUEST_BURST_MILLIS = 50;

  /** Calls differ in size, so tokens need more room than requests to be used up. */
  private static final long TOKEN_BURST_MILLIS = 500;

  private static final String ID = "worker";

  private final RateLimits limits;
  private final Map<Dimension, TokenBucket> buckets = new EnumMap<>(Dimension.class);
  private int inFlight;
  private long pausedUntilNanos;

  public WorkerQuota(RateLimits limits, long nowNanos) {
    this.limits = limits;
    QuotaLimits shared = limits(limits);
    shared
        .perMinute()
        .forEach(
            (dimension, perMinute) -> {
              long burst =
                  dimension == Dimension.REQUESTS ? REQUEST_BURST_MILLIS : TOKEN_BURST_MILLIS;
              buckets.put(dimension, TokenBucket.perMinute(perMinute, burst, nowNanos));
            });
    pausedUntilNanos = nowNanos;
  }

  /** The limits that are limits. */
  public static QuotaLimits limits(RateLimits limits) {
    Map<Dimension, Long> perMinute = new EnumMap<>(Dimension.class);
    perMinute.put(Dimension.REQUESTS, limits.requestsPerMinute());
    perMinute.put(Dimension.TOKENS, limits.tokensPerMinute());
    perMinute.put(Dimension.INPUT_TOKENS, limits.inputTokensPerMinute());
    perMinute.put(Dimension.OUTPUT_TOKENS, limits.outputTokensPerMinute());
    perMinute.values().removeIf(limit -> limit == RateLimits.UNLIMITED);
    return new QuotaLimits(
        perMinute,
        limits.maxInFlight() == RateLimits.UNLIMITED_IN_FLIGHT
            ? OptionalLong.empty()
            : OptionalLong.of(limits.maxInFlight()));
  }

  @Override
  public synchronized Acquisition tryAcquire(TokenAmount estimate, long nowNanos) {
    if (inFlight >= limits.maxInFlight()) {
      return new Acquisition.Wait(Long.MAX_VALUE, Limit.IN_FLIGHT);
    }
    if (pausedUntilNanos - nowNanos > 0) {
      return new Acquisition.Wait(pausedUntilNanos - nowNanos, Limit.PAUSED_BY_PROVIDER);
    }
    for (var entry : buckets.entrySet()) {
      long wait = entry.getValue().waitNanos(units(entry.getKey(), estimate), nowNanos);
      if (wait > 0) {
        return new Acquisition.Wait(wait, Limit.of(entry.getKey()));
      }
    }
    buckets.forEach((dimension, bucket) -> bucket.take(units(dimension, estimate), nowNanos));
    inFlight++;
    return new Acquisition.Granted(new WorkerPermit(estimate));
  }

  private static long units(Dimension dimension, TokenAmount amount) {
    return switch (dimension) {
      case REQUESTS -> 1;
      case TOKENS -> amount.total();
      case INPUT_TOKENS -> amount.input();
      case OUTPUT_TOKENS -> amount.output();
    };
  }

  @Override
  public synchronized QuotaState state() {
    return new QuotaState(ID, limits(limits), inFlight, Map.of(), 1, Optional.empty(), 1, false);
  }

  private final class WorkerPermit implements Permit {
    private final TokenAmount estimate;
    private final AtomicBoolean released = new AtomicBoolean();

    WorkerPermit(TokenAmount estimate) {
      this.estimate = estimate;
    }

    @Override
    public void succeeded(TokenAmount used, long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        giveBack(used, 0, nowNanos);
      }
    }

    @Override
    public void spent(long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
      }
    }

    @Override
    public void ignored(long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        giveBack(TokenAmount.NONE, 1, nowNanos);
      }
    }

    @Override
    public void throttled(Duration pauseFor, long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        giveBack(TokenAmount.NONE, 0, nowNanos);
        long until = nowNanos + pauseFor.toNanos();
        if (until - pausedUntilNanos > 0) {
          pausedUntilNanos = until;
        }
      }
    }

    private void giveBack(TokenAmount used, long requests, long nowNanos) {
      buckets.forEach(
          (dimension, bucket) ->
              bucket.giveBack(
                  dimension == Dimension.REQUESTS
                      ? requests
                      : units(dimension, estimate) - units(dimension, used),
                  nowNanos));
    }

    private void release() {
      if (!released.compareAndSet(false, true)) {
        throw new IllegalStateException("a permit is released exactly once");
      }
      inFlight--;
    }
  }
}
