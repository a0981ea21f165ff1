package io.promptbeam.pipeline.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchStatus;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.LineProblem;
import io.promptbeam.catalog.ProviderKind;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobEvent;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.pipeline.engine.SegmentItem;
import io.promptbeam.pipeline.engine.SegmentPlan;
import io.promptbeam.pipeline.llm.ScriptedModels;
import io.promptbeam.store.Jobs;
import io.promptbeam.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExpansionTest {
  private final BatchWorld world =
      new BatchWorld(
          new ScriptedModels(
              ScriptedModels.model("m", ProviderKind.OPENAI),
              ScriptedModels.model("n", ProviderKind.OPENAI)));

  @Test
  void batch_hasItsLinesAndPlans_whenItsFileIsGood() {
    BatchId id = world.create(300, "m", "n");

    List<SegmentItem> items = world.expand(id);

    BatchRun run = world.progress(id).batch().run();
    assertThat(run.status()).isEqualTo(BatchStatus.IN_PROGRESS);
    assertThat(run.lines()).isEqualTo(300);
    assertThat(items)
        .extracting(SegmentItem::segment, SegmentItem::modelId, item -> item.jobs().size())
        .containsExactlyInAnyOrder(
            tuple(0, "m", 128), tuple(0, "n", 128), tuple(1, "m", 22), tuple(1, "n", 22));
    assertThat(planned(id)).containsExactlyInAnyOrderElementsOf(items);
    List<Job> lines = world.lines(id);
    assertThat(lines).hasSize(300);
    Job line = lines.get(257);
    assertThat(line.spec().id()).isEqualTo(new BatchLine(id, 257).jobId());
    assertThat(line.spec().labels().customId()).contains("c-257");
    assertThat(line.spec().labels().batchId()).contains(id.text(BatchProtocol.OPENAI));
    assertThat(line.spec().limits().priority()).isEqualTo(Priority.BATCH);
    assertThat(line.spec().modelId()).isEqualTo("n");
  }

  private List<SegmentItem> planned(BatchId id) {
    List<SegmentItem> items = new ArrayList<>();
    world
        .store()
        .batches()
        .plans(id, 0, 100)
        .join()
        .values()
        .forEach(plan -> items.addAll(SegmentPlan.decode(plan)));
    return items;
  }

  private BatchRun failed(List<String> lines) {
    BatchId id = world.create(lines, Duration.ofHours(1));
    assertThat(world.expand(id)).isEmpty();
    BatchRun run = world.progress(id).batch().run();
    assertThat(run.status()).isEqualTo(BatchStatus.FAILED);
    assertThat(world.lines(id)).isEmpty();
    return run;
  }

  @Test
  void batch_fails_whenLinesAreBad() {
    BatchRun run =
        failed(
            List.of(
                BatchWorld.line(0, "m"), "{", BatchWorld.line(2, "m"), BatchWorld.line(3, "?")));

    assertThat(run.problems())
        .extracting(LineProblem::code, LineProblem::line)
        .containsExactly(tuple("invalid_json_line", 2), tuple("model_not_found", 4));
    assertThat(run.problemCount()).isEqualTo(2);
  }

  @Test
  void batch_tellsOfTheFirstProblems_whenThereAreMany() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      lines.add("no");
    }
    BatchRun run = failed(lines);

    assertThat(run.problems()).hasSize(BatchRun.MAX_PROBLEMS);
    assertThat(run.problemCount()).isEqualTo(250);
  }

  @Test
  void batch_fails_whenACustomIdComesTwice() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      lines.add(BatchWorld.line(i, "m"));
    }
    lines.add(BatchWorld.line(7, "n"));

    assertThat(failed(lines).problems())
        .extracting(LineProblem::code, LineProblem::line)
        .containsExactly(tuple("duplicate_custom_id", 901));
  }

  @Test
  void batch_fails_whenItsFileHasNoLinesOrTooMany() {
    assertThat(failed(List.of("", "  ")).problems())
        .extracting(LineProblem::code)
        .containsExactly("empty_file");
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 1_001; i++) {
      many.add(BatchWorld.line(i, "m"));
    }
    assertThat(failed(many).problems())
        .extracting(LineProblem::code)
        .containsExactly("too_many_lines");
  }

  @Test
  void batch_isFinished_whenItsExpansionWasBrokenOff() throws Exception {
    BatchId id = world.create(900, "m", "n");
    // The run's write, then the lines of a segment and its plan.
    world.failAfter(1 + 257 + 100);
    assertThatThrownBy(() -> world.expand(id)).isInstanceOf(StoreUnavailableException.class);
    world.failAfter(Integer.MAX_VALUE);
    assertThat(planned(id)).hasSize(2);
    Job line = world.lines(id).get(0);
    var unused =
        new Jobs(world.store(), Clock.systemUTC())
            .apply(line, new JobEvent.Claim("t", Duration.ofMinutes(1)))
            .get();

    List<SegmentItem> items = world.expand(id);

    assertThat(items).hasSize(8);
    assertThat(planned(id)).containsExactlyInAnyOrderElementsOf(items);
    assertThat(world.lines(id)).hasSize(900);
    assertThat(world.count(id, JobState.PROCESSING)).isEqualTo(1);
  }

  @Test
  void batch_isTheSame_whenItIsExpandedTwice() {
    BatchId id = world.create(300, "m", "n");
    List<SegmentItem> first = world.expand(id);
    Optional<BatchRun> run = Optional.of(world.progress(id).batch().run());

    List<SegmentItem> second = world.expand(id);

    assertThat(second).containsExactlyInAnyOrderElementsOf(first);
    assertThat(run).contains(world.progress(id).batch().run());
    assertThat(world.lines(id)).hasSize(300);
  }

  @Test
  void batch_endsWithoutRows_whenItWasCutBeforeItsExpansion() {
    BatchId id = world.create(300, "m", "n");
    world.cut(id, Cut.Kind.CANCELLED);

    assertThat(world.expand(id)).isEmpty();

    BatchRun run = world.progress(id).batch().run();
    assertThat(run.status()).isEqualTo(BatchStatus.CANCELLED);
    assertThat(run.totals().orElseThrow().cancelled()).isEqualTo(300);
    assertThat(world.lines(id)).isEmpty();
  }
}
