package io.promptbeam.pipeline.quota;

import io.promptbeam.catalog.RateLimits;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A quota kept in this worker's memory: exact for one worker, blind to others. */
public final class WorkerQuota implements Quota {
  /** Small, so that calls go out evenly; large enough to make up for a late timer. */
  private static final long REQUEST_BURST_MILLIS = 50;

  /** Calls differ in size, so tokens need more room than requests to be used up. */
  private static final long TOKEN_BURST_MILLIS = 500;

  private final int maxInFlight;
  private final Optional<TokenBucket> requests;
  private final Optional<TokenBucket> tokens;
  private int inFlight;
  private long pausedUntilNanos;

  public WorkerQuota(RateLimits limits, long nowNanos) {
    maxInFlight = limits.maxInFlight();
    requests = bucket(limits.requestsPerMinute(), REQUEST_BURST_MILLIS, nowNanos);
    tokens = bucket(limits.tokensPerMinute(), TOKEN_BURST_MILLIS, nowNanos);
    pausedUntilNanos = nowNanos;
  }

  private static Optional<TokenBucket> bucket(long perMinute, long burstMillis, long nowNanos) {
    return perMinute == RateLimits.UNLIMITED
        ? Optional.empty()
        : Optional.of(TokenBucket.perMinute(perMinute, burstMillis, nowNanos));
  }

  @Override
  public synchronized Acquisition tryAcquire(long estimate, long nowNanos) {
    if (inFlight >= maxInFlight) {
      return new Acquisition.Wait(Long.MAX_VALUE, Limit.IN_FLIGHT);
    }
    if (pausedUntilNanos - nowNanos > 0) {
      return new Acquisition.Wait(pausedUntilNanos - nowNanos, Limit.PAUSED_BY_PROVIDER);
    }
    long requestWait = requests.map(bucket -> bucket.waitNanos(1, nowNanos)).orElse(0L);
    if (requestWait > 0) {
      return new Acquisition.Wait(requestWait, Limit.REQUESTS_PER_MINUTE);
    }
    long tokenWait = tokens.map(bucket -> bucket.waitNanos(estimate, nowNanos)).orElse(0L);
    if (tokenWait > 0) {
      return new Acquisition.Wait(tokenWait, Limit.TOKENS_PER_MINUTE);
    }
    requests.ifPresent(bucket -> bucket.take(1, nowNanos));
    tokens.ifPresent(bucket -> bucket.take(estimate, nowNanos));
    inFlight++;
    return new Acquisition.Granted(new WorkerPermit(estimate));
  }

  private final class WorkerPermit implements Permit {
    private final long estimate;
    private final AtomicBoolean released = new AtomicBoolean();

    WorkerPermit(long estimate) {
      this.estimate = estimate;
    }

    @Override
    public void succeeded(long used, long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        tokens.ifPresent(bucket -> bucket.giveBack(estimate - used, nowNanos));
      }
    }

    @Override
    public void ignored(long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        requests.ifPresent(bucket -> bucket.giveBack(1, nowNanos));
        tokens.ifPresent(bucket -> bucket.giveBack(estimate, nowNanos));
      }
    }

    @Override
    public void throttled(Duration pauseFor, long nowNanos) {
      synchronized (WorkerQuota.this) {
        release();
        tokens.ifPresent(bucket -> bucket.giveBack(estimate, nowNanos));
        long until = nowNanos + pauseFor.toNanos();
        if (until - pausedUntilNanos > 0) {
          pausedUntilNanos = until;
        }
      }
    }

    private void release() {
      if (!released.compareAndSet(false, true)) {
        throw new IllegalStateException("a permit is released exactly once");
      }
      inFlight--;
    }
  }
}
