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
  private static final RateLimits UNLIMITED =
      new RateLimits(RateLimits.UNLIMITED, RateLimits.UNLIMITED, Integer.MAX_VALUE);

  private final JobStore store;
  private final LlmClients clients;
  private final CallEngine engine;

  public EngineWorker(JobStore store, LlmClients clients, EngineConfig config) {
    this.store = store;
    this.clients = clients;
    this.engine = CallEngine.start(store, clients, this::quota, config);
  }

  private Quota quota(String modelId) {
    // Jobs of a model that is gone need no quota: they fail uncalled.
    RateLimits limits = clients.catalog().find(modelId).map(ModelConfig::limits).orElse(UNLIMITED);
    return new WorkerQuota(limits, System.nanoTime());
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
    engine.close();
    clients.close();
    store.close();
  }
}
