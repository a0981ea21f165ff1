package io.promptbeam.pipeline.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.pipeline.sweep.Sweeper.Scope;
import io.promptbeam.store.BatchStore;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.EndedNotices;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchSweepTest {
  private final Instant soon = Instant.now().plusSeconds(120);

  private final BatchWorld world =
      new BatchWorld(
          new ScriptedModels(
              ScriptedModels.model("m", ProviderKind.OPENAI),
              ScriptedModels.model("n", ProviderKind.OPENAI)));

  private record Found(List<SegmentItem> segments, List<BatchId> batches) {}

  private Found sweep(Instant now, Scope scope) {
    Sweeper sweeper =
        new Sweeper(
            world.store(),
            EndedNotices.none(),
            Clock.fixed(now, ZoneOffset.UTC),
            SweepConfig.DEFAULT);
    Found found = new Found(new ArrayList<>(), new ArrayList<>());
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      Swept swept = sweeper.sweep(bucket, scope).join();
      found.segments().addAll(swept.segments());
      found.batches().addAll(swept.batches().stream().map(BatchSpec::id).toList());
    }
    return found;
  }

  private List<DueEntry> entries() {
    List<DueEntry> entries = new ArrayList<>();
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      entries.addAll(
          world
              .store()
              .due(bucket, Instant.now().plusSeconds(1_000_000), Optional.empty(), 10)
              .join());
    }
    return entries;
  }

  @Test
  void batch_isExpandedAgain_whenItIsNotYet() {
    BatchId id = world.create(300, "m");

    assertThat(sweep(soon, Scope.DUE).batches()).containsExactly(id);
    assertThat(entries()).hasSize(1).allMatch(entry -> entry.at().isAfter(soon));
    assertThat(sweep(soon, Scope.DUE).batches()).isEmpty();
    assertThat(sweep(soon, Scope.EVERYTHING).batches()).containsExactly(id);
  }

  private void finishFirst(BatchId id, int completed) {
    BatchStore batches = world.store().batches();
    assertThat(batches.open(id, 0).join()).isTrue();
    SegmentTally none = SegmentTally.NONE;
    batches
        .finish(id, 0, new SegmentTally(completed, 0, 0, 0, none.usage(), none.costUsd()))
        .join();
  }

  @Test
  void segments_areHandedOver_whenTheyHaveNotEnded() {
    BatchId id = world.create(300, "m", "n");
    List<SegmentItem> items = world.expand(id);
    finishFirst(id, 256);

    Found found = sweep(soon, Scope.DUE);

    assertThat(found.batches()).isEmpty();
    assertThat(found.segments())
        .containsExactlyInAnyOrderElementsOf(
            items.stream().filter(item -> item.segment() == 1).toList());
  }

  @Test
  void batch_endsAndIsForgotten_whenAllSegmentsHaveEnded() {
    BatchId id = world.create(100, "m");
    assertThat(world.expand(id)).hasSize(1);
    finishFirst(id, 100);

    assertThat(sweep(soon, Scope.DUE).segments()).isEmpty();

    assertThat(world.progress(id).batch().run().status()).isEqualTo(BatchStatus.COMPLETED);
    assertThat(entries()).isEmpty();
  }

  @Test
  void batch_expires_whenItsTimeIsOver() {
    BatchId id = world.create(List.of(BatchWorld.line(0, "m")), Duration.ofSeconds(60));
    assertThat(world.expand(id)).hasSize(1);

    assertThat(sweep(soon, Scope.DUE).segments()).isEmpty();

    var batch = world.progress(id).batch();
    assertThat(batch.cut().orElseThrow().kind()).isEqualTo(Cut.Kind.EXPIRED);
    assertThat(batch.run().status()).isEqualTo(BatchStatus.EXPIRED);
    assertThat(batch.run().totals().orElseThrow().expired()).isEqualTo(1);
  }

  @Test
  void segmentsThatBegan_areHandedOver_whenTheBatchExpires() {
    BatchId id =
        world.create(
            List.of(BatchWorld.line(0, "m"), BatchWorld.line(1, "n")), Duration.ofSeconds(60));
    List<SegmentItem> items = world.expand(id);
    assertThat(world.store().batches().open(id, 0).join()).isTrue();

    assertThat(sweep(soon, Scope.DUE).segments()).containsExactlyInAnyOrderElementsOf(items);
    assertThat(world.progress(id).batch().run().status()).isEqualTo(BatchStatus.IN_PROGRESS);
  }
}
