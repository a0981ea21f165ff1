package io.promptbeam.local.admin;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.promptbeam.catalog.Account;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.catalog.RateLimits;
import java.util.function.Supplier;

/**
 * The limits of models.yaml as they are now, of all workers together: each process tells the same,
 * so they are not to be added up. What has no limit is left out.
 */
final class LimitReadings implements MultiCollector {
  private final Supplier<ModelCatalog> catalog;

  LimitReadings(Supplier<ModelCatalog> catalog) {
    this.catalog = catalog;
  }

  @Override
  public MetricSnapshots collect() {
    var ofModels =
        new Family.Level("quota_limit", "A model's own limit over all workers", "model", "limit");
    var ofAccounts =
        new Family.Level(
            "account_quota_limit",
            "An account's limit over all its models and all workers",
            "account",
            "limit");
    var members =
        new Family.Level(
            "model_account", "1: the account whose limits bind too", "model", "account");
    ModelCatalog now = catalog.get();
    for (ModelConfig model : now.models()) {
      add(ofModels, model.id(), model.limits());
      model.account().ifPresent(account -> members.add(1, model.id(), account));
    }
    for (Account account : now.accounts()) {
      add(ofAccounts, account.id(), account.limits());
    }
    return MetricSnapshots.of(ofModels.read(), ofAccounts.read(), members.read());
  }

  private static void add(Family.Level to, String id, RateLimits limits) {
    add(to, id, "requests_per_minute", limits.requestsPerMinute());
    add(to, id, "tokens_per_minute", limits.tokensPerMinute());
    add(to, id, "input_tokens_per_minute", limits.inputTokensPerMinute());
    add(to, id, "output_tokens_per_minute", limits.outputTokensPerMinute());
    if (limits.maxInFlight() != RateLimits.UNLIMITED_IN_FLIGHT) {
      to.add(limits.maxInFlight(), id, "max_in_flight");
    }
  }

  private static void add(Family.Level to, String id, String limit, long value) {
    if (value != RateLimits.UNLIMITED) {
      to.add(value, id, limit);
    }
  }
}
