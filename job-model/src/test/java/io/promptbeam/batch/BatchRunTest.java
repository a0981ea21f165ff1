package io.promptbeam.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchRunTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

  private static BatchStatus ended(Optional<Cut.Kind> cut, long cancelled, long expired) {
    var sums =
        new SegmentTally(
            10 - cancelled - expired, 0, cancelled, expired, Usage.NONE, BigDecimal.ZERO);
    BatchRun run = BatchRun.NEW.started(10, NOW).ended(cut.map(k -> new Cut(k, NOW)), sums, NOW);
    assertThat(run.totals()).contains(sums);
    assertThat(run.endedAt()).contains(NOW);
    return run.status();
  }

  @Test
  void end_isThatOfTheCut_whenItCutSomethingShort() {
    assertThat(ended(Optional.of(Cut.Kind.CANCELLED), 3, 0)).isEqualTo(BatchStatus.CANCELLED);
    assertThat(ended(Optional.of(Cut.Kind.EXPIRED), 0, 3)).isEqualTo(BatchStatus.EXPIRED);
    assertThat(ended(Optional.of(Cut.Kind.CANCELLED), 2, 1)).isEqualTo(BatchStatus.CANCELLED);
  }

  @Test
  void end_isCompletion_whenTheCutCameTooLateOrThereWasNone() {
    assertThat(ended(Optional.of(Cut.Kind.CANCELLED), 0, 0)).isEqualTo(BatchStatus.COMPLETED);
    assertThat(ended(Optional.empty(), 0, 0)).isEqualTo(BatchStatus.COMPLETED);
  }

  @Test
  void end_isExpiry_whenLinesExpiredBeforeAnybodyCutTheBatch() {
    assertThat(ended(Optional.empty(), 0, 3)).isEqualTo(BatchStatus.EXPIRED);
  }

  @Test
  void end_isCompletion_whenLinesWereCancelledOneByOne() {
    assertThat(ended(Optional.empty(), 3, 0)).isEqualTo(BatchStatus.COMPLETED);
  }
}
