package io.promptbeam.pipeline.engine;

import static io.promptbeam.pipeline.llm.ScriptedModels.model;
import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import io.promptbeam.pipeline.batch.BatchWorld;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.pipeline.llm.LlmException;
import io.promptbeam.pipeline.llm.ScriptedClients;
import io.promptbeam.pipeline.llm.ScriptedModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SegmentsTest {
  private final ScriptedModels models =
      new ScriptedModels(
          model("m", ProviderKind.OPENAI, "f"),
          model("n", ProviderKind.OPENAI),
          model("f", ProviderKind.OPENAI));
  private final BatchWorld world = new BatchWorld(models);
  private final EngineRun run = new EngineRun(world.store(), models);

  @AfterEach
  void close() {
    run.close();
  }

  private CompletableFuture<Void> offer(List<SegmentItem> items) {
    List<CompletableFuture<Void>> finished = new ArrayList<>();
    for (SegmentItem item : items) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      finished.add(end);
      run.engine()
          .offer(
              item,
              new WorkListener() {
                @Override
                public void jobEnded(JobOutcome outcome) {
                  // The rows say how.
                }

                @Override
                public void itemFinished(WorkItem done) {
                  end.complete(null);
                }
              });
    }
    return CompletableFuture.allOf(finished.toArray(CompletableFuture<?>[]::new));
  }

  private static CompletableFuture<LlmAnswer> answered() {
    return CompletableFuture.completedFuture(ScriptedClients.ANSWER);
  }

  private static CompletableFuture<LlmAnswer> failed(LlmException failure) {
    return CompletableFuture.failedFuture(failure);
  }

  private SegmentTally ended(BatchId id, BatchStatus status) {
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!world.progress(id).batch().run().status().isTerminal()
        && System.nanoTime() < untilNanos) {
      Thread.onSpinWait();
    }
    BatchRun ended = world.progress(id).batch().run();
    assertThat(ended.status()).isEqualTo(status);
    return ended.totals().orElseThrow();
  }

  @Test
  void batch_endsWithExactTotals_whenLinesOfSeveralModelsEndDifferently() throws Exception {
    var refused = new LlmException.Permanent(JobError.of(ErrorCodes.INVALID_REQUEST, "no"));
    var busy =
        new LlmException.Throttled(JobError.of(ErrorCodes.RATE_LIMITED, "busy"), Optional.empty());
    CountDownLatch first = new CountDownLatch(1);
    models.answers(
        "n",
        (call, request) -> {
          if (request.toString().contains("line 5.")) {
            return failed(refused);
          }
          if (request.toString().contains("line 7.") && first.getCount() > 0) {
            first.countDown();
            return failed(busy);
          }
          return answered();
        });
    BatchId id = world.create(300, "m", "n");

    offer(world.expand(id)).get(20, TimeUnit.SECONDS);

    SegmentTally totals = ended(id, BatchStatus.COMPLETED);
    assertThat(totals.completed()).isEqualTo(299);
    assertThat(totals.failed()).isEqualTo(1);
    assertThat(totals.usage().inputTokens()).isEqualTo(299_000);
    assertThat(models.called()).hasSize(301);
  }

  @Test
  void line_goesElsewhereAlone_whenItsModelCannotTakeIt() throws Exception {
    models.answers(
        "m",
        (call, request) ->
            request.toString().contains("line 3.")
                ? failed(
                    new LlmException.Permanent(JobError.of(ErrorCodes.CONTEXT_LENGTH, "too long")))
                : answered());
    BatchId id = world.create(40, "m");

    offer(world.expand(id)).get(20, TimeUnit.SECONDS);

    assertThat(ended(id, BatchStatus.COMPLETED).completed()).isEqualTo(40);
    assertThat(models.called()).hasSize(41).containsOnlyOnce("f");
  }

  @Test
  void items_endUncalled_whenTheirBatchIsCutBeforeTheyBegin() throws Exception {
    BatchId id = world.create(300, "m", "n");
    List<SegmentItem> items = world.expand(id);
    world.cut(id, Cut.Kind.CANCELLED);

    offer(items).get(20, TimeUnit.SECONDS);

    assertThat(ended(id, BatchStatus.CANCELLED).cancelled()).isEqualTo(300);
    run.close();
    assertThat(models.called()).isEmpty();
    assertThat(world.count(id, JobState.PENDING)).isEqualTo(300);
  }

  /** A worker died, its batch was cancelled, and the segment comes to another one. */
  @Test
  void linesOfABegunSegment_endUncalled_whenTheirBatchWasCutBeforeTheyCameAgain() throws Exception {
    BatchId id = world.create(100, "m");
    List<SegmentItem> items = world.expand(id);
    assertThat(world.store().batches().open(id, 0).join()).isTrue();
    world.cut(id, Cut.Kind.CANCELLED);

    offer(items).get(20, TimeUnit.SECONDS);

    assertThat(ended(id, BatchStatus.CANCELLED).cancelled()).isEqualTo(100);
    assertThat(models.called()).isEmpty();
    assertThat(world.count(id, JobState.CANCELLED)).isEqualTo(100);
  }

  @Test
  void linesThatWait_areCancelled_whenTheirBatchIsCutMidway() throws Exception {
    CompletableFuture<LlmAnswer> answer = new CompletableFuture<>();
    CountDownLatch full = new CountDownLatch(8);
    models.answers(
        "m",
        (call, request) -> {
          full.countDown();
          return answer;
        });
    BatchId id = world.create(600, "m");
    var finished = offer(world.expand(id));
    assertThat(full.await(10, TimeUnit.SECONDS)).isTrue();

    world.cut(id, Cut.Kind.CANCELLED);
    // What waits ends while the calls hang.
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (world.count(id, JobState.CANCELLED) < 248 && System.nanoTime() < untilNanos) {
      Thread.onSpinWait();
    }
    assertThat(world.count(id, JobState.CANCELLED)).isEqualTo(248);
    assertThat(world.progress(id).batch().run().status()).isEqualTo(BatchStatus.IN_PROGRESS);
    answer.complete(ScriptedClients.ANSWER);
    finished.get(20, TimeUnit.SECONDS);

    SegmentTally totals = ended(id, BatchStatus.CANCELLED);
    assertThat(totals.completed()).isEqualTo(8);
    assertThat(totals.cancelled()).isEqualTo(592);
    assertThat(models.called()).hasSize(8);
  }
}
