package io.promptbeam.pipeline;

import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.engine.ModelFigures;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.beam.sdk.metrics.Metrics;

/**
 * Tells the runner a worker's figures as Beam metrics, under the names that Prometheus has them by;
 * what is a label there follows the name after a dot, and the model is the namespace. Counters are
 * told by what has come since they were told last, whichever bundle of the worker comes first, so
 * that shards and threads do not count twice. Thread-safe.
 *
 * <p>Gauges are of the worker that told last: a runner does not add them up. {@code
 * promptbeam_call_seconds} is a distribution {@code promptbeam_call_millis} here, whose sum and
 * count are exact and whose extremes are bounds of buckets; cost is told in millionths of a dollar.
 *
 * <p>What a bundle has told and then fails is not told again: it is in the runner's attempted
 * metrics and not in its committed ones. What comes when nothing waits in state any more is told
 * with the next item. Hence the engine's own figures, which Prometheus reads, may be ahead and are
 * the ones to trust; the counters of {@link CountOutcomes} are of elements, and as exact as the
 * runner's bundles. Both count the same ends: never add one to the other.
 */
final class BeamFigures {
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Where metrics go. */
  interface Sink {
    Sink BEAM =
        new Sink() {
          @Override
          public void count(String model, String name, long more) {
            Metrics.counter(model, name).inc(more);
          }

          @Override
          public void gauge(String model, String name, long value) {
            Metrics.gauge(model, name).set(value);
          }

          @Override
          public void distribution(
              String model, String name, long sum, long count, long min, long max) {
            Metrics.distribution(model, name).update(sum, count, min, max);
          }
        };

    void count(String model, String name, long more);

    void gauge(String model, String name, long value);

    void distribution(String model, String name, long sum, long count, long min, long max);
  }

  private final Supplier<List<ModelFigures>> figures;
  private final Sink sink;
  private final LongSupplier nanoTime;
  private final Map<String, ModelFigures> told = new HashMap<>();
  private volatile long tellAtNanos;

  BeamFigures(Supplier<List<ModelFigures>> figures, Sink sink, LongSupplier nanoTime) {
    this.figures = figures;
    this.sink = sink;
    this.nanoTime = nanoTime;
    tellAtNanos = nanoTime.getAsLong();
  }

  /**
   * Tells what has come; to be called where metrics count for a bundle.
   *
   * @param now not only once a second, because nobody may come again soon
   */
  void tell(boolean now) {
    if (!now && nanoTime.getAsLong() - tellAtNanos < 0) {
      return;
    }
    synchronized (told) {
      tellAtNanos = nanoTime.getAsLong() + EVERY_NANOS;
      for (ModelFigures model : figures.get()) {
        ModelFigures before = told.put(model.modelId(), model);
        if (!model.equals(before)) {
          tell(model, before == null ? ModelFigures.none(model.modelId()) : before);
        }
      }
    }
  }

  private void tell(ModelFigures now, ModelFigures then) {
    String model = now.modelId();
    count(model, "promptbeam_calls_started_total", now.callsStarted() - then.callsStarted());
    now.callsEnded()
        .forEach(
            (outcome, calls) ->
                count(
                    model, "promptbeam_calls_total." + outcome, calls - then.callsEnded(outcome)));
    for (JobState state : JobState.values()) {
      count(
          model,
          "promptbeam_jobs_ended_total." + state.wireName(),
          now.jobsEnded().getOrDefault(state, 0L) - then.jobsEnded().getOrDefault(state, 0L));
    }
    String tokens = "promptbeam_tokens_total.";
    String ofWhich = "promptbeam_tokens_of_which_total.";
    count(model, tokens + "input", now.tokens().inputTokens() - then.tokens().inputTokens());
    count(
        model,
        ofWhich + "cached_input",
        now.tokens().cachedInputTokens() - then.tokens().cachedInputTokens());
    count(model, tokens + "output", now.tokens().outputTokens() - then.tokens().outputTokens());
    count(
        model,
        ofWhich + "reasoning",
        now.tokens().reasoningTokens() - then.tokens().reasoningTokens());
    count(model, "promptbeam_cost_usd_micros_total", micros(now) - micros(then));
    tellLatency(model, now.latency(), then.latency());
    sink.gauge(model, "promptbeam_calls_in_flight", now.callsInFlight());
    for (Priority priority : Priority.values()) {
      sink.gauge(
          model,
          "promptbeam_jobs_waiting." + priority.name().toLowerCase(Locale.ROOT),
          now.waiting().getOrDefault(priority, 0L));
    }
    sink.gauge(model, "promptbeam_breaker_open", now.breakerOpen() ? 1 : 0);
  }

  /** Of sums and not of differences, so that what is cut off is not lost for good. */
  private static long micros(ModelFigures figures) {
    return figures.costPicos() / 1_000_000;
  }

  private void count(String model, String name, long more) {
    if (more != 0) {
      sink.count(model, name, more);
    }
  }

  private void tellLatency(String model, Latencies now, Latencies then) {
    Latencies lately = now.minus(then);
    if (lately.count() == 0) {
      return;
    }
    double[] bounds = Latencies.boundsSeconds();
    long[] counts = lately.counts();
    int first = 0;
    while (counts[first] == 0) {
      first++;
    }
    int last = counts.length - 1;
    while (counts[last] == 0) {
      last--;
    }
    long min = first == 0 ? 0 : Math.round(bounds[first - 1] * 1_000);
    long max = Math.round(bounds[Math.min(last, bounds.length - 1)] * 1_000);
    long sum =
        TimeUnit.NANOSECONDS.toMillis(now.sumNanos())
            - TimeUnit.NANOSECONDS.toMillis(then.sumNanos());
    sink.distribution(model, "promptbeam_call_millis", sum, lately.count(), min, max);
  }
}
