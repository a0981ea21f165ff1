package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.JobOutcome;
import io.promptbeam.pipeline.engine.StoredJobs;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.store.InMemoryJobStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.beam.sdk.state.MapState;
import org.apache.beam.sdk.state.ReadableState;
import org.apache.beam.sdk.state.ReadableStates;
import org.apache.beam.sdk.transforms.DoFn.OutputReceiver;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.OutputBuilder;
import org.joda.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CallLlmFnTest {
  private final InMemoryJobStore store = new InMemoryJobStore();
  private final ScriptedClients clients = new ScriptedClients();
  private final FakeMap waiting = new FakeMap();
  private final FakeValue servedBy = new FakeValue();
  private final FakeTimer timer = new FakeTimer();
  private final List<JobOutcome> emitted = new ArrayList<>();

  @Test
  void item_waitsInState_untilATickAfterItsJobEnded() throws Exception {
    var answer = new CompletableFuture<io.promptbeam.pipeline.llm.LlmAnswer>();
    clients.answers(call -> answer);
    var fn = open();
    WorkItem item = StoredJobs.item(StoredJobs.create(store, 3));
    process(fn, item);
    tick(fn);
    assertThat(waiting.entries).containsOnlyKeys(item.key());
    assertThat(timer.isSet).as("rearmed while something waits").isTrue();
    answer.complete(ScriptedClients.ANSWER);
    tickUntilEmpty(fn);
    assertThat(emitted).extracting(JobOutcome::state).containsExactly(JobState.COMPLETED);
    assertThat(timer.isSet).as("not rearmed when nothing waits").isFalse();
    fn.teardown();
  }

  @Test
  void itemsLeftByAnotherEngine_areTakenOver() throws Exception {
    servedBy.value = "an engine that died";
    for (int i = 0; i < 5; i++) {
      WorkItem left = StoredJobs.item(StoredJobs.create(store, 3));
      waiting.entries.put(left.key(), left);
    }
    var fn = open();
    process(fn, StoredJobs.item(StoredJobs.create(store, 3)));
    tickUntilEmpty(fn);
    assertThat(emitted).hasSize(6);
    assertThat(clients.calls()).isEqualTo(6);
    fn.teardown();
  }

  @Test
  void itemsOfABundleThatFailed_leaveStateAndAreNotCalledAgain() throws Exception {
    var fn = open();
    Job job = StoredJobs.create(store, 3);
    process(fn, StoredJobs.item(job));
    Map<String, WorkItem> before = Map.copyOf(waiting.entries);
    tickUntilEmpty(fn);
    waiting.entries.putAll(before);
    tickUntilEmpty(fn);
    assertThat(clients.calls()).isEqualTo(1);
    fn.teardown();
  }

  private CallLlm.CallLlmFn open() {
    var worker = new EngineWorker(store, clients, EngineConfig.DEFAULT);
    var fn = new CallLlm.CallLlmFn(InProcessWorkers.lend(worker));
    fn.setup();
    return fn;
  }

  private void process(CallLlm.CallLlmFn fn, WorkItem item) {
    fn.process(KV.of(7, item), waiting, servedBy, timer);
  }

  private void tick(CallLlm.CallLlmFn fn) {
    timer.isSet = false;
    fn.onTick(7, waiting, servedBy, timer, new Collector());
  }

  private void tickUntilEmpty(CallLlm.CallLlmFn fn) {
    do {
      Thread.onSpinWait();
      tick(fn);
    } while (!waiting.entries.isEmpty());
  }

  private final class Collector implements OutputReceiver<JobOutcome> {
    @Override
    public void output(JobOutcome outcome) {
      emitted.add(outcome);
    }

    @Override
    public void outputWithTimestamp(JobOutcome outcome, Instant timestamp) {
      emitted.add(outcome);
    }

    @Override
    public OutputBuilder<JobOutcome> builder(JobOutcome value) {
      throw new UnsupportedOperationException("not used");
    }
  }

  private static final class FakeMap implements MapState<String, WorkItem> {
    private final Map<String, WorkItem> entries = new HashMap<>();

    @Override
    public void put(String key, WorkItem value) {
      entries.put(key, value);
    }

    @Override
    public ReadableState<WorkItem> computeIfAbsent(
        String key, Function<? super String, ? extends WorkItem> mapping) {
      return ReadableStates.immediate(entries.computeIfAbsent(key, mapping));
    }

    @Override
    public void remove(String key) {
      entries.remove(key);
    }

    @Override
    public ReadableState<WorkItem> get(String key) {
      throw new UnsupportedOperationException("not used");
    }

    @Override
    public ReadableState<WorkItem> getOrDefault(String key, @Nullable WorkItem defaultValue) {
      throw new UnsupportedOperationException("not used");
    }

    @Override
    public ReadableState<Iterable<String>> keys() {
      return ReadableStates.immediate(List.copyOf(entries.keySet()));
    }

    @Override
    public ReadableState<Iterable<WorkItem>> values() {
      return ReadableStates.immediate(List.copyOf(entries.values()));
    }

    @Override
    public ReadableState<Iterable<Map.Entry<String, WorkItem>>> entries() {
      return ReadableStates.immediate(List.copyOf(entries.entrySet()));
    }

    @Override
    public ReadableState<Boolean> isEmpty() {
      return ReadableStates.immediate(entries.isEmpty());
    }

    @Override
    public void clear() {
      entries.clear();
    }
  }
}
