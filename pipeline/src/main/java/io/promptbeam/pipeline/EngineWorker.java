package io.promptbeam.pipeline;

import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import io.promptbeam.pipeline.engine.CallEngine;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.llm.LlmClients;
import io.promptbeam.pipeline.quota.Quota;
import io.promptbeam.pipeline.quota.WorkerQuota;
import io.promptbeam.store.JobStore;

/** A worker with quotas of its own; closes what it was given. */
public final class EngineWorker implements Worker {
  /** Where no limit is configured: more calls than that slow a worker down. */
  private static final int MAX_IN_FLIGHT = 1_000;

  private final JobStore store;
  private final LlmClients clients;
  private final CallEngine engine;
  private final Runnable whenClosed;

  public EngineWorker(JobStore store, LlmClients clients, EngineConfig config) {
    this(store, clients, config, () -> {});
  }

  /**
   * Starts the engine.
   *
   * @param whenClosed run before anything is closed
   */
  public EngineWorker(
      JobStore store, LlmClients clients, EngineConfig config, Runnable whenClosed) {
    this.whenClosed = whenClosed;
    this.store = store;
    this.clients = clients;
    this.engine = CallEngine.start(store, clients, this::quota, config);
  }

  private Quota quota(String modelId) {
    // Jobs of a model that is gone need no quota: they fail uncalled.
    RateLimits limits =
        clients.catalog().find(modelId).map(ModelConfig::limits).orElse(RateLimits.NONE);
    return new WorkerQuota(
        new RateLimits(
            limits.requestsPerMinute(),
            limits.tokensPerMinute(),
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
    clients.close();
    store.close();
  }
}
