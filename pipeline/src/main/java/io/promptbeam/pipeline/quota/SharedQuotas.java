package io.promptbeam.pipeline.quota;

import io.promptbeam.catalog.Account;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRows;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * One worker's quotas, shared with all other workers, as the catalog has them at each moment.
 * Models without limits cost no request. Thread-safe.
 */
public final class SharedQuotas implements Function<String, Quota> {
  /** Where no limit is configured: more calls than that slow a worker down. */
  private static final int MAX_IN_FLIGHT = 1_000;

  /** So soon a changed catalog is seen by those who wait. */
  private static final long LONGEST_WAIT_NANOS = 2_000_000_000L;

  private final QuotaRows rows;
  private final String worker;
  private final Supplier<ModelCatalog> catalog;
  private final QuotaTime time;
  private final RandomGenerator random;
  private final Map<String, SharedQuota> shared = new ConcurrentHashMap<>();

  /**
   * Quotas of one worker.
   *
   * @param worker unlike that of any other worker there ever is
   * @param random thread-safe
   */
  public SharedQuotas(
      QuotaRows rows,
      String worker,
      Supplier<ModelCatalog> catalog,
      QuotaTime time,
      RandomGenerator random) {
    this.rows = rows;
    this.worker = worker;
    this.catalog = catalog;
    this.time = time;
    this.random = random;
  }

  @Override
  public Quota apply(String modelId) {
    return new Live(modelId);
  }

  private SharedQuota quota(String id, RateLimits configured, int inFlight, ModelCatalog of) {
    QuotaLimits limits = WorkerQuota.limits(configured);
    SharedQuota quota =
        shared.computeIfAbsent(
            id,
            name ->
                new SharedQuota(
                    name,
                    rows.row(name),
                    worker,
                    limits,
                    of.configuredAt(),
                    inFlight,
                    time,
                    random));
    quota.configure(limits, of.configuredAt());
    return quota;
  }

  /** A model's quota, and its account's, of the catalog in force. */
  private final class Live implements Quota {
    private final String model;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, Boolean> heard = new ConcurrentHashMap<>();
    private volatile ModelCatalog seen;
    private volatile Quota quota;

    Live(String model) {
      this.model = model;
      seen = catalog.get();
      quota = of(seen);
    }

    private Quota of(ModelCatalog current) {
      Optional<ModelConfig> config = current.find(model);
      // Jobs of a model that is gone need no quota: they fail uncalled.
      RateLimits limits = config.map(ModelConfig::limits).orElse(RateLimits.NONE);
      SharedQuota own = quota("model:" + model, limits, MAX_IN_FLIGHT, current);
      listen("model:" + model, own);
      Optional<Account> account = config.flatMap(ModelConfig::account).flatMap(current::account);
      if (account.isEmpty()) {
        return own;
      }
      String id = "account:" + account.get().id();
      SharedQuota common = quota(id, account.get().limits(), Integer.MAX_VALUE, current);
      listen(id, common);
      return new CompositeQuota(own, common);
    }

    private void listen(String id, SharedQuota to) {
      if (heard.putIfAbsent(id, true) == null) {
        to.onChange(() -> listeners.forEach(Runnable::run));
      }
    }

    private Quota current() {
      ModelCatalog current = catalog.get();
      if (current != seen) {
        seen = current;
        quota = of(current);
      }
      return quota;
    }

    @Override
    public Acquisition tryAcquire(TokenAmount estimate, long nowNanos) {
      Acquisition acquisition = current().tryAcquire(estimate, nowNanos);
      if (acquisition instanceof Acquisition.Wait wait
          && wait.nanos() != Long.MAX_VALUE
          && wait.nanos() > LONGEST_WAIT_NANOS
          && wait.limit() != Limit.PAUSED_BY_PROVIDER) {
        return new Acquisition.Wait(LONGEST_WAIT_NANOS, wait.limit());
      }
      return acquisition;
    }

    @Override
    public void expect(long waitingCalls) {
      quota.expect(waitingCalls);
    }

    @Override
    public void onChange(Runnable listener) {
      listeners.add(listener);
    }

    @Override
    public void hint(RateHint hint, long nowNanos) {
      quota.hint(hint, nowNanos);
    }

    @Override
    public QuotaState state() {
      return quota.state();
    }
  }
}
