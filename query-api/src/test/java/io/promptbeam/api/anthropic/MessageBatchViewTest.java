package io.promptbeam.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.api.batches.BatchState;
import io.promptbeam.api.batches.Outlook;
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

class MessageBatchViewTest {
  private static final Instant T0 = Instant.parse("2026-11-23T10:00:00Z");
  private static final Instant NOW = T0.plusSeconds(130);
  private static final BatchSpec SPEC =
      new BatchSpec(
          new BatchId("0123456789abcdef01234567"),
          new Owner("o"),
          BatchProtocol.ANTHROPIC,
          FileId.random(),
          "/v1/messages",
          "24h",
          MadeBy.metadata(600),
          T0,
          T0.plus(Duration.ofHours(24)),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
  private static final SegmentTally FIRST =
      new SegmentTally(250, 6, 0, 0, Usage.of(100, 50), new BigDecimal("0.0120"));

  private static ObjectNode view(BatchRun run, Optional<Cut> cut, Map<Integer, SegmentTally> done) {
    BatchProgress progress = new BatchProgress(new Batch(SPEC, run, cut, "v"), done, Set.of());
    BatchState state = new BatchState(progress, progress.total(List.of()));
    return MessageBatchView.of(state, "http://h:1", Outlook.none(NOW));
  }

  private static String counts(ObjectNode view) {
    return view.get("request_counts").toString();
  }

  @Test
  void batchBeingValidated_countsAllItsRequests() {
    ObjectNode view = view(BatchRun.NEW, Optional.empty(), Map.of());
    assertThat(view)
        .hasToString(
            "{\"id\":\"msgbatch_0123456789abcdef01234567\",\"type\":\"message_batch\","
                + "\"processing_status\":\"in_progress\",\"request_counts\":{\"processing\":600,"
                + "\"succeeded\":0,\"errored\":0,\"canceled\":0,\"expired\":0},"
                + "\"created_at\":\"2026-11-23T10:00:00Z\","
                + "\"expires_at\":\"2026-11-24T10:00:00Z\",\"ended_at\":null,"
                + "\"cancel_initiated_at\":null,\"archived_at\":null,\"results_url\":null,"
                + "\"promptbeam\":{\"cost_usd\":0,\"usage\":{\"input_tokens\":0,"
                + "\"cached_input_tokens\":0,\"output_tokens\":0,\"reasoning_tokens\":0,"
                + "\"total_tokens\":0},\"requests_per_minute\":null,\"estimated_end_at\":null,"
                + "\"estimate\":null,\"warning\":null,\"waiting\":null,"
                + "\"retry_of\":null}}");
  }

  @Test
  void runningBatch_tellsItsRateAndEnd() {
    ObjectNode view =
        view(BatchRun.NEW.started(600, T0.plusSeconds(2)), Optional.empty(), Map.of(0, FIRST));
    assertThat(counts(view))
        .isEqualTo(
            "{\"processing\":344,\"succeeded\":250,\"errored\":6,\"canceled\":0,\"expired\":0}");
    // 256 in 128 s are two a second.
    assertThat(view.get("promptbeam").get("requests_per_minute").doubleValue()).isEqualTo(120);
    assertThat(view.get("promptbeam").get("estimated_end_at").textValue())
        .isEqualTo(NOW.plusSeconds(172).toString());
  }

  @Test
  void cancelledBatch_isCanceling_untilItEnds() {
    Optional<Cut> cut = Optional.of(new Cut(Cut.Kind.CANCELLED, NOW));
    BatchRun run = BatchRun.NEW.started(600, T0);
    ObjectNode canceling = view(run, cut, Map.of(0, FIRST));
    assertThat(canceling.get("processing_status").textValue()).isEqualTo("canceling");
    assertThat(canceling.get("cancel_initiated_at").textValue()).isEqualTo(NOW.toString());
    assertThat(counts(canceling))
        .isEqualTo(
            "{\"processing\":0,\"succeeded\":250,\"errored\":6,\"canceled\":344,\"expired\":0}");
    ObjectNode ended =
        view(run.ended(cut, FIRST.plusCut(344, Cut.Kind.CANCELLED), NOW), cut, Map.of());
    assertThat(ended.get("processing_status").textValue()).isEqualTo("ended");
    assertThat(counts(ended)).isEqualTo(counts(canceling));
    assertThat(ended.get("results_url").textValue())
        .isEqualTo("http://h:1/v1/messages/batches/msgbatch_0123456789abcdef01234567/results");
  }

  @Test
  void batchCancelledWhileItIsValidated_keepsItsTotal() {
    Optional<Cut> cut = Optional.of(new Cut(Cut.Kind.CANCELLED, NOW));
    assertThat(counts(view(BatchRun.NEW, cut, Map.of()))).startsWith("{\"processing\":600,");
  }

  @Test
  void expiringBatch_isInProgress_andRefusedOneErrored() {
    Optional<Cut> cut = Optional.of(new Cut(Cut.Kind.EXPIRED, NOW));
    ObjectNode expiring = view(BatchRun.NEW.started(600, T0), cut, Map.of(0, FIRST));
    assertThat(expiring.get("processing_status").textValue()).isEqualTo("in_progress");
    assertThat(expiring.get("request_counts").get("expired").intValue()).isEqualTo(344);
    ObjectNode refused =
        view(BatchRun.NEW.failed(600, List.of(), 1, NOW), Optional.empty(), Map.of());
    assertThat(refused.get("processing_status").textValue()).isEqualTo("ended");
    assertThat(counts(refused))
        .isEqualTo(
            "{\"processing\":0,\"succeeded\":0,\"errored\":600,\"canceled\":0,\"expired\":0}");
  }
}
