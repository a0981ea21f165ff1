package io.promptbeam.pipeline;

import io.promptbeam.batch.BatchId;
import io.promptbeam.pipeline.batch.BatchExpander;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.WorkItem;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Makes work items of batches, while their lines are still being written. Batches come by their id,
 * each with its owner's name, any number of times.
 */
final class ExpandBatches
    extends PTransform<PCollection<KV<String, String>>, PCollection<KV<Integer, WorkItem>>> {
  private static final long serialVersionUID = 1L;

  private final int shards;
  private final Worker.Factory workers;

  /**
   * @param shards as of {@link DecodeMessages}
   */
  ExpandBatches(int shards, Worker.Factory workers) {
    this.shards = shards;
    this.workers = workers;
  }

  /** By its key, so that being handed over again and again leaves one copy in state, not many. */
  static int shard(WorkItem item, int shards) {
    return Math.floorMod(item.key().hashCode(), shards);
  }

  @Override
  public PCollection<KV<Integer, WorkItem>> expand(PCollection<KV<String, String>> batches) {
    return batches
        .apply("Expand", ParDo.of(new ExpandFn(shards, workers)))
        .setCoder(KvCoder.of(VarIntCoder.of(), new WorkItemCoder()));
  }

  /**
   * The worker's expander does the work; state only remembers that it is to be done, so that it
   * goes on elsewhere when the worker is gone. Items of a bundle that fails are not kept: the sweep
   * finds them by their segments' plans.
   */
  static final class ExpandFn extends DoFn<KV<String, String>, KV<Integer, WorkItem>> {
    private static final long serialVersionUID = 1L;

    private static final Duration TICK = Duration.millis(200);

    @StateId("expanding")
    private final StateSpec<ValueState<String>> expandingSpec =
        StateSpecs.value(StringUtf8Coder.of());

    @TimerId("tick")
    private final TimerSpec tickSpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

    private final Counter handedOn = Metrics.counter("batches", "items");
    private final int shards;
    private final Worker.Factory workers;
    private transient @Nullable SharedWorker worker;

    ExpandFn(int shards, Worker.Factory workers) {
      this.shards = shards;
      this.workers = workers;
    }

    @Setup
    public void setup() {
      worker = SharedWorker.acquire(workers);
    }

    @ProcessElement
    public void process(
        @Element KV<String, String> batch,
        @StateId("expanding") ValueState<String> expanding,
        @TimerId("tick") Timer tick) {
      expanding.write(batch.getKey());
      expander().expand(new BatchId(batch.getKey()));
      tick.align(TICK).setRelative();
    }

    @OnTimer("tick")
    public void onTick(
        @StateId("expanding") ValueState<String> expanding,
        @TimerId("tick") Timer tick,
        OutputReceiver<KV<Integer, WorkItem>> out) {
      String hex = expanding.read();
      if (hex == null) {
        return;
      }
      BatchId batch = new BatchId(hex);
      if (!expander().knows(batch)) {
        // Another worker began it, or a bundle that had drained it failed.
        expander().expand(batch);
      }
      if (expander().drain(batch, item -> output(item, out))) {
        tick.align(TICK).setRelative();
      } else {
        expanding.clear();
      }
    }

    private void output(SegmentItem item, OutputReceiver<KV<Integer, WorkItem>> out) {
      handedOn.inc();
      out.output(KV.of(shard(item, shards), item));
    }

    private BatchExpander expander() {
      if (worker == null) {
        throw new IllegalStateException("called before setup");
      }
      return worker.expander();
    }

    @Teardown
    public void teardown() {
      if (worker != null) {
        worker.close();
        worker = null;
      }
    }
  }
}
