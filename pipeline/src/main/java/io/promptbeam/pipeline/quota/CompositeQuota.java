package io.promptbeam.pipeline.quota;

import java.time.Duration;
import java.util.function.BiConsumer;

/**
 * Two quotas that a call needs both, a model's and its account's: what the first grants goes back
 * when the second says wait. Thread-safe.
 */
final class CompositeQuota implements Quota {
  private final Quota first;
  private final Quota second;

  CompositeQuota(Quota first, Quota second) {
    this.first = first;
    this.second = second;
  }

  @Override
  public Acquisition tryAcquire(TokenAmount estimate, long nowNanos) {
    Acquisition mine = first.tryAcquire(estimate, nowNanos);
    if (!(mine instanceof Acquisition.Granted granted)) {
      return mine;
    }
    Acquisition shared = second.tryAcquire(estimate, nowNanos);
    if (shared instanceof Acquisition.Granted both) {
      return new Acquisition.Granted(new Both(granted.permit(), both.permit()));
    }
    granted.permit().ignored(nowNanos);
    return shared;
  }

  @Override
  public void expect(long waitingCalls) {
    first.expect(waitingCalls);
    second.expect(waitingCalls);
  }

  @Override
  public void onChange(Runnable listener) {
    first.onChange(listener);
    second.onChange(listener);
  }

  @Override
  public void hint(RateHint hint, long nowNanos) {
    first.hint(hint, nowNanos);
    second.hint(hint, nowNanos);
  }

  /** Of the one that binds, or else the model's. */
  @Override
  public QuotaState state() {
    QuotaState mine = first.state();
    QuotaState shared = second.state();
    return mostAhead(shared).compareTo(mostAhead(mine)) > 0 ? shared : mine;
  }

  private static Duration mostAhead(QuotaState state) {
    return state.ahead().values().stream().max(Duration::compareTo).orElse(Duration.ZERO);
  }

  private record Both(Permit first, Permit second) implements Permit {
    @Override
    public void succeeded(TokenAmount used, long nowNanos) {
      each((permit, now) -> permit.succeeded(used, now), nowNanos);
    }

    @Override
    public void spent(long nowNanos) {
      each(Permit::spent, nowNanos);
    }

    @Override
    public void ignored(long nowNanos) {
      each(Permit::ignored, nowNanos);
    }

    @Override
    public void throttled(Duration pauseFor, long nowNanos) {
      each((permit, now) -> permit.throttled(pauseFor, now), nowNanos);
    }

    private void each(BiConsumer<Permit, Long> release, long nowNanos) {
      release.accept(first, nowNanos);
      release.accept(second, nowNanos);
    }
  }
}
