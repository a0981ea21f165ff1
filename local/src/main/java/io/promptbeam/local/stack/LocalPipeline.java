package io.promptbeam.local.stack;

import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.pipeline.InProcessWorkers;
import io.promptbeam.pipeline.LlmJobOptions;
import io.promptbeam.pipeline.LlmJobPipeline;
import io.promptbeam.pipeline.Worker;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pipeline on the DirectRunner, in this process. */
public final class LocalPipeline implements AutoCloseable {
  /** Few keys: the DirectRunner copies a key's state in every bundle. */
  private static final int SHARDS = 4;

  /** Longer than calls in flight may take to end. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Logger LOG = LoggerFactory.getLogger(LocalPipeline.class);

  private static final MetricsFilter COUNTS =
      MetricsFilter.builder()
          .addNameFilter(MetricNameFilter.inNamespace("decode"))
          .addNameFilter(MetricNameFilter.inNamespace("sweep"))
          .build();

  private final PipelineResult running;
  private final Worker worker;
  private final Worker.Factory lent;

  private LocalPipeline(PipelineResult running, Worker worker, Worker.Factory lent) {
    this.running = running;
    this.worker = worker;
    this.lent = lent;
  }

  /** Starts reading; {@code worker} is closed when the pipeline ends. */
  static LocalPipeline start(PubsubTarget queue, PubsubNames names, Worker worker) {
    LlmJobOptions options = PipelineOptionsFactory.create().as(LlmJobOptions.class);
    options.setRunner(DirectRunner.class);
    options.setStreaming(true);
    options.setShards(SHARDS);
    // The DirectRunner's state ends with its process.
    options.setSweepEverythingAtStart(true);
    options.setJobsSubscription(
        PubsubNames.subscriptionPath(queue.projectId(), names.jobsSubscription()));
    options.setDeadLetterTopic(PubsubNames.topicPath(queue.projectId(), names.deadLettersTopic()));
    if (queue instanceof PubsubTarget.Emulator emulator) {
      options.setPubsubEmulator(emulator.hostAndPort());
    }
    DirectOptions direct = options.as(DirectOptions.class);
    direct.setBlockOnRun(false);
    // Both checks are for tests of transforms, and cost a seventh of the throughput.
    direct.setEnforceImmutability(false);
    direct.setEnforceEncodability(false);
    Worker.Factory lent = InProcessWorkers.lend(worker);
    try {
      Pipeline pipeline = LlmJobPipeline.build(options, lent);
      return new LocalPipeline(pipeline.run(), worker, lent);
    } catch (RuntimeException e) {
      awaitClosed(lent);
      throw e;
    }
  }

  /** For its statistics. */
  public Worker worker() {
    return worker;
  }

  /** What the runner was told; of {@link #worker}'s engine, about a second late. */
  public MetricResults metrics() {
    return running.metrics();
  }

  /** Whether it ended by itself, which it never should. */
  public boolean hasEnded() {
    return running.getState().isTerminal();
  }

  /** What its steps have counted. */
  public PipelineCounts counts() {
    Map<String, Long> sums = new HashMap<>();
    for (MetricResult<Long> count : running.metrics().queryMetrics(COUNTS).getCounters()) {
      String name = count.getName().getNamespace() + "." + count.getName().getName();
      sums.merge(name, count.getAttempted(), Long::sum);
    }
    return new PipelineCounts(
        sums.getOrDefault("decode.jobs", 0L),
        sums.getOrDefault("decode.batches", 0L),
        sums.getOrDefault("decode.rejects", 0L),
        sums.getOrDefault("sweep.looked", 0L),
        sums.getOrDefault("sweep.handed_over", 0L),
        sums.getOrDefault("sweep.failed", 0L));
  }

  /** Stops reading, and lets calls in flight end for a while. */
  @Override
  public void close() throws IOException {
    // At once, and not when the runner comes to tearing its DoFns down: seconds, on a busy machine,
    // that calls in flight would lack to end or to be handed back.
    var unused = worker.engine().drain();
    try {
      if (!running.getState().isTerminal()) {
        running.cancel();
        running.waitUntilFinish(org.joda.time.Duration.millis(PATIENCE.toMillis()));
      }
    } finally {
      awaitClosed(lent);
    }
  }

  private static void awaitClosed(Worker.Factory lent) {
    try {
      if (!InProcessWorkers.awaitClosed(lent, PATIENCE)) {
        LOG.warn("the pipeline's worker did not close in time; its jobs' leases will lapse");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
