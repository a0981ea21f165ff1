package io.promptbeam.pipeline.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.catalog.RateLimits;
import io.promptbeam.pipeline.quota.Quota.Acquisition;
import io.promptbeam.pipeline.quota.Quota.Limit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkerQuotaTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void tryAcquire_waitsForARelease_whenAllAreInFlight() {
    var quota = new WorkerQuota(limits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, 2), 0);
    Permit first = granted(quota.tryAcquire(new TokenAmount(10, 0), 0));
    granted(quota.tryAcquire(new TokenAmount(10, 0), 0));
    assertThat(quota.tryAcquire(new TokenAmount(10, 0), 0))
        .isEqualTo(new Acquisition.Wait(Long.MAX_VALUE, Limit.IN_FLIGHT));
    first.succeeded(new TokenAmount(10, 0), 1);
    granted(quota.tryAcquire(new TokenAmount(10, 0), 1));
  }

  @Test
  void permit_settlesTheEstimate_whenTheCallUsedMore() {
    var quota = new WorkerQuota(limits(RateLimits.UNLIMITED, 60_000, 100), 0);
    granted(quota.tryAcquire(new TokenAmount(100, 0), 0)).succeeded(new TokenAmount(10_000, 0), 0);
    var wait = (Acquisition.Wait) quota.tryAcquire(new TokenAmount(100, 0), 0);
    assertThat(wait.limit()).isEqualTo(Limit.TOKENS_PER_MINUTE);
    assertThat(wait.nanos()).isGreaterThan(9 * SECOND);
  }

  @Test
  void permit_givesEverythingBack_whenNoCallWasMade() {
    var quota = new WorkerQuota(limits(1, 60, 100), 0);
    granted(quota.tryAcquire(new TokenAmount(60, 0), 0)).ignored(0);
    granted(quota.tryAcquire(new TokenAmount(60, 0), 0));
    assertThat(((Acquisition.Wait) quota.tryAcquire(new TokenAmount(1, 0), 0)).limit())
        .isEqualTo(Limit.REQUESTS_PER_MINUTE);
  }

  @Test
  void permit_pausesEverybody_whenTheProviderThrottled() {
    var quota = new WorkerQuota(limits(60_000, RateLimits.UNLIMITED, 100), 0);
    granted(quota.tryAcquire(new TokenAmount(1, 0), 0)).throttled(Duration.ofSeconds(3), 0);
    assertThat(quota.tryAcquire(new TokenAmount(1, 0), SECOND))
        .isEqualTo(new Acquisition.Wait(2 * SECOND, Limit.PAUSED_BY_PROVIDER));
    granted(quota.tryAcquire(new TokenAmount(1, 0), 3 * SECOND));
  }

  @Test
  void permit_refusesASecondRelease() {
    var quota = new WorkerQuota(limits(60, 60_000, 1), 0);
    Permit permit = granted(quota.tryAcquire(new TokenAmount(1, 0), 0));
    permit.ignored(0);
    assertThatThrownBy(() -> permit.succeeded(new TokenAmount(1, 0), 0))
        .isInstanceOf(IllegalStateException.class);
  }

  private static RateLimits limits(long requests, long tokens, int inFlight) {
    return new RateLimits(requests, tokens, inFlight);
  }

  private static Permit granted(Acquisition acquisition) {
    assertThat(acquisition).isInstanceOf(Acquisition.Granted.class);
    return ((Acquisition.Granted) acquisition).permit();
  }
}
