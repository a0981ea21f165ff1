package io.promptbeam.local.admin;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelConfig;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.engine.ModelFigures;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What this process's engine did, read when it is asked for. Every configured model has its
 * figures, zeros if it had nothing to do: a rate needs something to rise from.
 */
final class EngineReadings implements MultiCollector {
  private final Supplier<List<ModelFigures>> figures;
  private final Supplier<ModelCatalog> catalog;

  EngineReadings(Supplier<List<ModelFigures>> figures, Supplier<ModelCatalog> catalog) {
    this.figures = figures;
    this.catalog = catalog;
  }

  @Override
  public MetricSnapshots collect() {
    Map<String, ModelFigures> models = new TreeMap<>();
    for (ModelConfig model : catalog.get().models()) {
      models.put(model.id(), idle(model.id()));
    }
    figures.get().forEach(model -> models.put(model.modelId(), model));
    Sheet sheet = new Sheet();
    models.values().forEach(sheet::add);
    return sheet.read();
  }

  private static ModelFigures idle(String modelId) {
    return new ModelFigures(
        modelId, 0, Map.of(), Map.of(), Map.of(), Usage.NONE, 0, Latencies.NONE, false);
  }

  private static final class Sheet {
    private final Family.Count started =
        new Family.Count("calls_started", "Calls given to the provider's client", "model");
    private final Family.Count ended =
        new Family.Count("calls", "Calls that ended, by what they came to", "model", "outcome");
    private final Family.Level inFlight =
        new Family.Level("calls_in_flight", "Calls started and not ended", "model");
    private final Family.Seconds seconds =
        new Family.Seconds(
            "call_seconds",
            "How long calls took that the provider answered",
            Latencies.boundsSeconds(),
            "model");
    private final Family.Count jobs =
        new Family.Count("jobs_ended", "Jobs this worker ended", "model", "state");
    private final Family.Level waiting =
        new Family.Level("jobs_waiting", "Jobs in this worker that wait", "model", "priority");
    private final Family.Count tokens =
        new Family.Count("tokens", "Tokens that providers reported", "model", "kind");
    private final Family.Count shares =
        new Family.Count(
            "tokens_of_which",
            "Tokens among promptbeam_tokens_total: cached ones of the input, reasoning of the"
                + " output",
            "model",
            "kind");
    private final Family.Count cost =
        new Family.Count("cost_usd", "What those tokens cost, in US dollars", "model");
    private final Family.Level breaker =
        new Family.Level(
            "breaker_open", "1 while a model's provider fails and only probes are sent", "model");

    void add(ModelFigures model) {
      String id = model.modelId();
      started.add(model.callsStarted(), id);
      ended.add(model.callsEnded(ModelFigures.ANSWERED), id, ModelFigures.ANSWERED);
      model
          .callsEnded()
          .forEach(
              (outcome, count) -> {
                if (!outcome.equals(ModelFigures.ANSWERED)) {
                  ended.add(count, id, outcome);
                }
              });
      inFlight.add(model.callsInFlight(), id);
      seconds.add(model.latency().counts(), model.latency().sumNanos() / 1e9, id);
      for (JobState state : JobState.values()) {
        if (state.isTerminal()) {
          jobs.add(model.jobsEnded().getOrDefault(state, 0L), id, state.wireName());
        }
      }
      for (Priority priority : Priority.values()) {
        waiting.add(model.waiting().getOrDefault(priority, 0L), id, priority.wireName());
      }
      Usage usage = model.tokens();
      tokens.add(usage.inputTokens(), id, "input");
      tokens.add(usage.outputTokens(), id, "output");
      shares.add(usage.cachedInputTokens(), id, "cached_input");
      shares.add(usage.reasoningTokens(), id, "reasoning");
      cost.add(model.costUsd().doubleValue(), id);
      breaker.add(model.breakerOpen() ? 1 : 0, id);
    }

    MetricSnapshots read() {
      return MetricSnapshots.of(
          started.read(),
          ended.read(),
          inFlight.read(),
          seconds.read(),
          jobs.read(),
          waiting.read(),
          tokens.read(),
          shares.read(),
          cost.read(),
          breaker.read());
    }
  }
}
