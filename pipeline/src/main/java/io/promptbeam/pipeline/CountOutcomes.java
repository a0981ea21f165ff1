package io.promptbeam.pipeline;

import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.engine.JobOutcome;
import org.apache.beam.sdk.metrics.Distribution;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;

/**
 * Turns outcomes into runner metrics: a counter per terminal state, whose sum is the jobs this
 * pipeline ended, and distributions of latency and tokens. They are counted from elements, with
 * what the runner promises of its bundles; what engines counted themselves is told by {@link
 * BeamFigures}, under other names.
 */
final class CountOutcomes extends PTransform<PCollection<JobOutcome>, PDone> {
  private static final long serialVersionUID = 1L;

  @Override
  public PDone expand(PCollection<JobOutcome> outcomes) {
    outcomes.apply("Count", ParDo.of(new CountFn()));
    return PDone.in(outcomes.getPipeline());
  }

  static final class CountFn extends DoFn<JobOutcome, Void> {
    private static final long serialVersionUID = 1L;

    private final Distribution latencyMillis = Metrics.distribution("jobs", "latency_millis");
    private final Distribution inputTokens = Metrics.distribution("jobs", "input_tokens");
    private final Distribution outputTokens = Metrics.distribution("jobs", "output_tokens");

    @ProcessElement
    public void process(@Element JobOutcome outcome) {
      Metrics.counter("jobs", outcome.state().wireName()).inc();
      if (outcome.state() == JobState.COMPLETED) {
        latencyMillis.update(outcome.latencyMillis());
        inputTokens.update(outcome.usage().inputTokens());
        outputTokens.update(outcome.usage().outputTokens());
      }
    }
  }
}
