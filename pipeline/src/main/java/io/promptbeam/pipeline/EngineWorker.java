package io.promptbeam.pipeline;

import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.catalog.SecretResolver;
import io.promptbeam.pipeline.budget.Budgets;
import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.Scheduler;
import io.promptbeam.pipeline.engine.Spending;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.notice.EventPublisher;
import io.promptbeam.pipeline.notice.NoticeDeliverer;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.QuotaTime;
import io.promptbeam.pipeline.quota.SharedQuotas;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.JobStore;
import io.promptbeam.store.quota.QuotaRows;
import io.promptbeam.store.usage.UsageLedger;
import io.promptbeam.store.usage.UsageWriter;
import io.promptbeam.trace.Tracing;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * A worker whose quotas are shared with all others, where its store lets them; closes what it was
 * given.
 */
public final class EngineWorker implements Worker {
  /** Where no limit is configured: more calls than that slow a worker down. */
  private static final int MAX_IN_FLIGHT = 1_000;

  private final JobStore store;
  private final LlmClients clients;
  private final CallEngine engine;
  private final Budgets budgets;
  private final NoticeDeliverer notices;
  private final Runnable whenClosed;
  private final Tracing tracing;
  private final Scheduler quotaLoop = Scheduler.ofThread("quotas");

  public EngineWorker(JobStore store, LlmClients clients, EngineConfig config) {
    this(store, clients, config, JobEvents.OFF, () -> {});
  }

  /**
   * Starts the engine.
   *
   * @param whenClosed run before anything is closed
   */
  public EngineWorker(
      JobStore store,
      LlmClients clients,
      EngineConfig config,
      JobEvents events,
      Runnable whenClosed) {
    // First: it may fail, and nothing is open yet.
    Optional<EventPublisher> topic = events.open();
    this.whenClosed = whenClosed;
    this.store = store;
    this.clients = clients;
    this.tracing = config.tracing();
    this.budgets = budgets(store, clients);
    this.engine =
        CallEngine.start(store, clients, quotas(), new Spending(ledger(store), budgets), config);
    this.notices =
        NoticeDeliverer.start(store.notices(), clients::catalog, SecretResolver.ofProcess(), topic);
    topic.ifPresent(publisher -> engine.endedNotices().publishAll());
    engine.endedNotices().onNew(notices::wake);
  }

  private Function<String, Quota> quotas() {
    if (!(store instanceof QuotaRows rows)) {
      return this::quota;
    }
    return sharedQuotas(rows, clients, quotaLoop);
  }

  /** The quotas of one more worker, whose timers run on {@code loop}. */
  public static SharedQuotas sharedQuotas(QuotaRows rows, LlmClients clients, Scheduler loop) {
    var time =
        new QuotaTime() {
          @Override
          public long nanoTime() {
            return loop.nanoTime();
          }

          @Override
          public void after(Duration wait, Runnable task) {
            var unused = loop.after(wait, task);
          }
        };
    return new SharedQuotas(
        rows, randomId(), clients::catalog, time, () -> ThreadLocalRandom.current().nextLong());
  }

  private static Budgets budgets(JobStore store, LlmClients clients) {
    return new Budgets(
        store.usage(), clients::catalog, randomId(), Scheduler.ofThread("owner-budgets"));
  }

  private static UsageLedger ledger(JobStore store) {
    return new UsageWriter(store.usage(), randomId(), UsageWriter.Later.REAL);
  }

  private static String randomId() {
    return HexFormat.of().toHexDigits(new SecureRandom().nextLong());
  }

  /** What this worker knows of its owners' budgets. */
  public Budgets budgets() {
    return budgets;
  }

  private Quota quota(String modelId) {
    // Jobs of a model that is gone need no quota: they fail uncalled.
    RateLimits limits =
        clients.catalog().find(modelId).map(ModelConfig::limits).orElse(RateLimits.NONE);
    return new WorkerQuota(
        new RateLimits(
            limits.requestsPerMinute(),
            limits.tokensPerMinute(),
            limits.inputTokensPerMinute(),
            limits.outputTokensPerMinute(),
            Math.min(limits.maxInFlight(), MAX_IN_FLIGHT)),
        System.nanoTime());
  }

  @Override
  public JobStore store() {
    return store;
  }

  @Override
  public LlmClients clients() {
    return clients;
  }

  @Override
  public CallEngine engine() {
    return engine;
  }

  @Override
  public void close() {
    whenClosed.run();
    engine.close();
    notices.close();
    quotaLoop.close();
    clients.close();
    store.close();
    tracing.close();
  }
}
