package io.promptbeam.pipeline.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.ModelCatalogLoader;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.notice.NoticeLane;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.engine.StoredJobs;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.pipeline.sweep.Sweeper.Scope;
import io.promptbeam.store.DueEntry;
import io.promptbeam.store.DueNotice;
import io.promptbeam.store.EndedNotices;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Whoever ended something died before it kept a notice: the sweep does, and only then forgets. */
class SweptNoticesTest {
  private final Instant soon = Instant.now().plusSeconds(120);
  private final BatchWorld world =
      new BatchWorld(new ScriptedModels(ScriptedModels.model("m", ProviderKind.OPENAI)));
  private final EndedNotices notices;

  SweptNoticesTest() throws Exception {
    ModelCatalog catalog =
        ModelCatalogLoader.parse(
            "models.yaml",
            """
            models: [{id: m, provider: simulated}]
            owners:
              - {name: "*", webhook: {url: 'https://a/', secret: env:S, events: [batch, job]}}
            """);
    notices = new EndedNotices(world.store().notices(), () -> catalog, Clock.systemUTC());
  }

  private void sweep(Instant at) {
    Sweeper sweeper =
        new Sweeper(world.store(), notices, Clock.fixed(at, ZoneOffset.UTC), SweepConfig.DEFAULT);
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      try {
        var unused = sweeper.sweep(bucket, Scope.DUE).join();
      } catch (CompletionException e) {
        assertThat(e).hasCauseInstanceOf(StoreUnavailableException.class);
      }
    }
  }

  private int dueEntries() {
    int all = 0;
    for (int bucket = 0; bucket < DueEntry.BUCKETS; bucket++) {
      Instant end = Instant.now().plusSeconds(1_000_000);
      all += world.store().due(bucket, end, Optional.empty(), 10).join().size();
    }
    return all;
  }

  private List<String> kept() {
    Optional<NoticeLane> lane = world.store().notices().nextLane(Optional.empty()).join();
    return lane.stream()
        .flatMap(name -> world.store().notices().due(name, soon, 10).join().stream())
        .map(DueNotice::key)
        .map(id -> world.store().notices().read(id).join().orElseThrow().notice().type())
        .toList();
  }

  private void assertKeptBeforeForgotten(String type) {
    world.failAfter(0);
    sweep(soon);
    world.failAfter(Integer.MAX_VALUE);
    assertThat(kept()).isEmpty();
    assertThat(dueEntries()).as("somebody is to look again").isEqualTo(1);

    sweep(soon.plus(Duration.ofMinutes(30)));
    assertThat(kept()).containsExactly(type);
    assertThat(dueEntries()).isZero();
  }

  @Test
  void batch_isForgottenOnlyOnceItsNoticeIsKept() {
    BatchId id = world.create(1, "m");
    Batch batch = world.progress(id).batch();
    var failed = batch.run().failed(1, List.of(), 1, Instant.now());
    assertThat(world.store().batches().compareAndSet(batch, failed).join()).isPresent();

    assertKeptBeforeForgotten("batch.failed");
  }

  @Test
  void batch_isNoted_whenTheSweepItselfEndsIt() {
    BatchId id = world.create(List.of(BatchWorld.line(0, "m")), Duration.ofSeconds(60));
    assertThat(world.expand(id)).hasSize(1);

    sweep(soon);

    assertThat(kept()).containsExactly("batch.expired");
    assertThat(dueEntries()).isZero();
  }

  @Test
  void job_isForgottenOnlyOnceItsNoticeIsKept() throws Exception {
    Job job = StoredJobs.create(world.store(), "m", 2, Duration.ofHours(1));
    var applied = new Jobs(world.store(), Clock.systemUTC());
    assertThat(applied.apply(job, new JobEvent.RequestCancel()).join())
        .isInstanceOf(Jobs.Applied.Done.class);

    assertKeptBeforeForgotten("job.cancelled");
  }

  @Test
  void job_isNoted_whenTheSweepItselfEndsIt() throws Exception {
    var unused = StoredJobs.create(world.store(), "m", 2, Duration.ofSeconds(30));

    sweep(soon);

    assertThat(kept()).containsExactly("job.expired");
    assertThat(dueEntries()).isZero();
  }
}
