package io.promptbeam.pipeline;

import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.WorkItem;
import java.util.Map;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.MapState;
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
 * Calls the models for work items and emits how each job ended. Answers are recorded by the engine
 * as they come; the timer only tidies state, emits outcomes and tells the runner the worker's
 * figures, so nobody waits for it.
 */
final class CallLlm
    extends PTransform<PCollection<KV<Integer, WorkItem>>, PCollection<JobOutcome>> {
  private static final long serialVersionUID = 1L;

  private final Worker.Factory workers;

  CallLlm(Worker.Factory workers) {
    this.workers = workers;
  }

  @Override
  public PCollection<JobOutcome> expand(PCollection<KV<Integer, WorkItem>> items) {
    return items.apply("Call", ParDo.of(new CallLlmFn(workers))).setCoder(new JobOutcomeCoder());
  }

  /**
   * Items wait in state, where they outlive the worker; the worker's engine holds them too, in
   * memory, and makes the calls. When a key is served by another engine than the one that noted
   * itself in {@code servedBy}, its items are offered to the new one; what the old one is still
   * calling is safe behind its lease.
   */
  static final class CallLlmFn extends DoFn<KV<Integer, WorkItem>, JobOutcome> {
    private static final long serialVersionUID = 1L;

    /** State is tidied and outcomes emitted at most this late. */
    private static final Duration TICK = Duration.millis(200);

    @StateId("waiting")
    private final StateSpec<MapState<String, WorkItem>> waitingSpec =
        StateSpecs.map(StringUtf8Coder.of(), new WorkItemCoder());

    @StateId("servedBy")
    private final StateSpec<ValueState<String>> servedBySpec =
        StateSpecs.value(StringUtf8Coder.of());

    @TimerId("tick")
    private final TimerSpec tickSpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

    private final Worker.Factory workers;
    private transient @Nullable SharedWorker worker;

    CallLlmFn(Worker.Factory workers) {
      this.workers = workers;
    }

    @Setup
    public void setup() {
      worker = SharedWorker.acquire(workers);
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, WorkItem> element,
        @StateId("waiting") MapState<String, WorkItem> waiting,
        @StateId("servedBy") ValueState<String> servedBy,
        @TimerId("tick") Timer tick) {
      Shard shard = worker().shard(element.getKey());
      takeOver(shard, waiting, servedBy);
      WorkItem item = element.getValue();
      waiting.put(item.key(), item);
      offer(item, shard);
      tick.align(TICK).setRelative();
    }

    @OnTimer("tick")
    public void onTick(
        @Key Integer key,
        @StateId("waiting") MapState<String, WorkItem> waiting,
        @StateId("servedBy") ValueState<String> servedBy,
        @TimerId("tick") Timer tick,
        OutputReceiver<JobOutcome> outcomes) {
      Shard shard = worker().shard(key);
      takeOver(shard, waiting, servedBy);
      boolean wasBusy = shard.isBusy();
      shard.drain(outcomes::output, waiting::remove);
      boolean isIdle = Boolean.TRUE.equals(waiting.isEmpty().read());
      worker().figures().tell(isIdle);
      if (isIdle) {
        return;
      }
      if (!wasBusy) {
        // A bundle that drained the shard failed: the engine is done with what state still holds.
        offerAll(shard, waiting);
      }
      tick.align(TICK).setRelative();
    }

    @Teardown
    public void teardown() {
      if (worker != null) {
        worker.close();
        worker = null;
      }
    }

    private void takeOver(
        Shard shard, MapState<String, WorkItem> waiting, ValueState<String> servedBy) {
      String engineId = worker().get().engine().id();
      if (!engineId.equals(servedBy.read())) {
        servedBy.write(engineId);
        offerAll(shard, waiting);
      }
    }

    private void offerAll(Shard shard, MapState<String, WorkItem> waiting) {
      for (Map.Entry<String, WorkItem> entry : waiting.entries().read()) {
        offer(entry.getValue(), shard);
      }
    }

    private void offer(WorkItem item, Shard shard) {
      shard.expect();
      worker().get().engine().offer(item, shard);
    }

    private SharedWorker worker() {
      if (worker == null) {
        throw new IllegalStateException("called before setup");
      }
      return worker;
    }
  }
}
