package io.promptbeam.local.admin;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.promptbeam.local.stack.PipelineCounts;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Whether this process's pipeline runs, and what its steps before and beside the calls did. */
final class PipelineReadings implements MultiCollector {
  private final Supplier<PipelineCounts> counts;
  private final BooleanSupplier runs;

  PipelineReadings(Supplier<PipelineCounts> counts, BooleanSupplier runs) {
    this.counts = counts;
    this.runs = runs;
  }

  @Override
  public MetricSnapshots collect() {
    var running = new Family.Level("pipeline_running", "1 while this process's pipeline runs");
    running.add(runs.getAsBoolean() ? 1 : 0);
    PipelineCounts now = counts.get();
    var messages =
        new Family.Count(
            "messages", "What was read from the queue, by what became of it", "became");
    messages.add(now.jobs(), "job");
    messages.add(now.batches(), "batch");
    messages.add(now.deadLetters(), "dead_letter");
    var looked = new Family.Count("sweep_looked", "Due entries the sweep went through");
    looked.add(now.sweepLooked());
    var handedOver =
        new Family.Count("sweep_handed_over", "Jobs and segments the sweep gave to the engine");
    handedOver.add(now.sweepHandedOver());
    var failed = new Family.Count("sweep_failed", "Rounds the sweep could not go");
    failed.add(now.sweepFailed());
    return MetricSnapshots.of(
        running.read(), messages.read(), looked.read(), handedOver.read(), failed.read());
  }
}
