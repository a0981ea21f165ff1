package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.engine.EngineConfig;
import io.promptbeam.pipeline.engine.SegmentPlan;
import io.promptbeam.pipeline.engine.WorkItem;
import io.promptbeam.pipeline.llm.ScriptedModels;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn.OutputReceiver;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.OutputBuilder;
import org.joda.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ExpandFnTest {
  private static final int SHARDS = 3;

  private final ScriptedModels models =
      new ScriptedModels(
          ScriptedModels.model("m", ProviderKind.OPENAI),
          ScriptedModels.model("n", ProviderKind.OPENAI));
  private final BatchWorld world = new BatchWorld(models);
  private final ExpandBatches.ExpandFn fn = open();
  private final FakeValue expanding = new FakeValue();
  private final FakeTimer timer = new FakeTimer();
  private final List<KV<Integer, WorkItem>> emitted = new ArrayList<>();

  private ExpandBatches.ExpandFn open() {
    var worker = new EngineWorker(world.store(), models, EngineConfig.DEFAULT);
    var opened = new ExpandBatches.ExpandFn(SHARDS, InProcessWorkers.lend(worker));
    opened.setup();
    return opened;
  }

  @AfterEach
  void close() {
    fn.teardown();
  }

  @Test
  void batch_isRemembered_untilAllItsItemsAreHandedOn() {
    BatchId id = world.create(300, "m", "n");

    process(id);
    assertThat(expanding.value).isEqualTo(id.hex());
    assertThat(timer.isSet).isTrue();
    tickUntilForgotten();

    assertThat(timer.isSet).as("not rearmed when nothing follows").isFalse();
    assertThat(world.progress(id).batch().run().status()).isEqualTo(BatchStatus.IN_PROGRESS);
    assertThat(items()).hasSize(4).containsExactlyInAnyOrderElementsOf(planned(id));
    assertThat(emitted)
        .allSatisfy(
            item ->
                assertThat(item.getKey()).isEqualTo(ExpandBatches.shard(item.getValue(), SHARDS)));
    assertThat(emitted).extracting(KV::getKey).allMatch(shard -> shard >= 0 && shard < SHARDS);
  }

  @Test
  void batch_isExpandedHere_whenOnlyStateKnowsOfIt() {
    BatchId id = world.create(300, "m");
    expanding.value = id.hex();

    tickUntilForgotten();

    assertThat(items()).hasSize(2).containsExactlyInAnyOrderElementsOf(planned(id));
  }

  @Test
  void items_areHandedOnAgain_whenTheBundleThatHadDrainedThemFailed() {
    BatchId id = world.create(300, "m");
    process(id);
    tickUntilForgotten();
    List<WorkItem> before = items();
    emitted.clear();

    expanding.value = id.hex();
    tickUntilForgotten();

    assertThat(items()).containsExactlyInAnyOrderElementsOf(before);
    assertThat(world.lines(id)).hasSize(300);
  }

  @Test
  void batch_isForgotten_whenThereIsNone() {
    process(BatchId.random());

    tickUntilForgotten();

    assertThat(emitted).isEmpty();
  }

  @Test
  void tick_doesNothing_whenNothingIsExpanded() {
    tick();

    assertThat(timer.isSet).isFalse();
    assertThat(emitted).isEmpty();
  }

  private void process(BatchId id) {
    fn.process(KV.of(id.hex(), "local"), expanding, timer);
  }

  private void tick() {
    timer.isSet = false;
    fn.onTick(expanding, timer, new Collector());
  }

  private void tickUntilForgotten() {
    do {
      Thread.onSpinWait();
      tick();
      assertThat(timer.isSet).isEqualTo(expanding.value != null);
    } while (expanding.value != null);
  }

  private List<WorkItem> items() {
    return emitted.stream().map(KV::getValue).toList();
  }

  private List<WorkItem> planned(BatchId id) {
    List<WorkItem> items = new ArrayList<>();
    world
        .store()
        .batches()
        .plans(id, 0, 100)
        .join()
        .values()
        .forEach(plan -> items.addAll(SegmentPlan.decode(plan)));
    return items;
  }

  private final class Collector implements OutputReceiver<KV<Integer, WorkItem>> {
    @Override
    public void output(KV<Integer, WorkItem> item) {
      emitted.add(item);
    }

    @Override
    public void outputWithTimestamp(KV<Integer, WorkItem> item, Instant timestamp) {
      emitted.add(item);
    }

    @Override
    public OutputBuilder<KV<Integer, WorkItem>> builder(KV<Integer, WorkItem> value) {
      throw new UnsupportedOperationException("not used");
    }
  }
}
