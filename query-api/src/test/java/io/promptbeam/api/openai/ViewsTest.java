package io.promptbeam.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.batch.Batch;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchProgress;
import io.promptbeam.batch.BatchProtocol;
import io.promptbeam.batch.BatchRun;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.batch.Cut;
import io.promptbeam.batch.FileId;
import io.promptbeam.batch.SegmentTally;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ViewsTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final BatchSpec SPEC =
      new BatchSpec(
          BatchId.random(),
          new Owner("alice"),
          BatchProtocol.OPENAI,
          FileId.random(),
          "/v1/responses",
          "24h",
          Map.of("k", "v"),
          T0,
          T0.plus(Duration.ofDays(1)),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
  private static final SegmentTally SOME =
      new SegmentTally(150, 50, 0, 0, new Usage(1, 2, 3, 4), new BigDecimal("0.500"));

  private static ObjectNode json(BatchRun run, Optional<Cut> cut, long secondsLater) {
    Batch batch = new Batch(SPEC, run, cut, "v");
    BatchProgress progress = new BatchProgress(batch, Map.of(), Set.of(0));
    BatchState state = new BatchState(progress, progress.total(List.of(SOME)));
    return BatchViews.json(state, T0.plusSeconds(secondsLater));
  }

  @Test
  void batch_hasEveryKey_whenItIsNew() {
    ObjectNode json = json(BatchRun.NEW, Optional.empty(), 0);
    for (String unset :
        List.of(
            "model",
            "errors",
            "output_file_id",
            "error_file_id",
            "in_progress_at",
            "finalizing_at",
            "completed_at",
            "failed_at",
            "expired_at",
            "cancelling_at",
            "cancelled_at")) {
      assertThat(json.has(unset)).as(unset).isTrue();
      assertThat(json.get(unset).isNull()).as(unset).isTrue();
    }
    assertThat(json.path("created_at").asLong()).isEqualTo(T0.getEpochSecond());
    assertThat(json.at("/promptbeam/lines_per_second").isNull()).isTrue();
  }

  @Test
  void batch_saysWhenItEnds_whenItRuns() {
    BatchRun run = BatchRun.NEW.started(256, T0);
    ObjectNode json = json(run, Optional.empty(), 100);
    assertThat(json.path("status").asText()).isEqualTo("in_progress");
    assertThat(json.at("/promptbeam/lines_per_second").asDouble()).isEqualTo(2.0);
    assertThat(json.at("/promptbeam/estimated_completion_at").asLong())
        .isEqualTo(T0.plusSeconds(128).getEpochSecond());
    assertThat(json.at("/promptbeam/lines/unfinished").asLong()).isEqualTo(56);
    assertThat(json.at("/promptbeam/cost_usd").decimalValue()).isEqualByComparingTo("0.5");
    assertThat(json.path("output_file_id").asText())
        .isEqualTo("file-" + SPEC.id().hex() + "-output");
  }

  @Test
  void batch_isCancellingOrFinalizing_whenItIsCut() {
    BatchRun run = BatchRun.NEW.started(600, T0);
    Cut cancelled = new Cut(Cut.Kind.CANCELLED, T0.plusSeconds(9));
    ObjectNode json = json(run, Optional.of(cancelled), 10);
    assertThat(json.path("status").asText()).isEqualTo("cancelling");
    assertThat(json.path("cancelling_at").asLong()).isEqualTo(T0.plusSeconds(9).getEpochSecond());
    assertThat(json.at("/request_counts/failed").asLong()).isEqualTo(50);
    assertThat(json.at("/promptbeam/lines/cancelled").asLong()).isEqualTo(344);
    Cut expired = new Cut(Cut.Kind.EXPIRED, T0.plusSeconds(9));
    assertThat(json(run, Optional.of(expired), 10).path("status").asText()).isEqualTo("finalizing");
    assertThat(json(BatchRun.NEW, Optional.of(cancelled), 10).path("status").asText())
        .isEqualTo("cancelling");
  }

  @Test
  void outputId_isParsed_onlyWhenItIsOne() {
    OutputId id = new OutputId(SPEC.id(), OutputId.Kind.ERROR);
    assertThat(OutputId.parse(id.toString())).contains(id);
    for (String wrong :
        List.of("-output", "file-output", "file--output", "file-" + SPEC.id().hex(), "")) {
      assertThat(OutputId.parse(wrong)).as(wrong).isEmpty();
    }
  }
}
