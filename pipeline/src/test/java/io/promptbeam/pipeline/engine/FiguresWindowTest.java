package io.promptbeam.pipeline.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.ErrorCodes;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.store.LaneFigures;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresWindowTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final EngineFigures.Model model = new EngineFigures().of("m");
  private final FiguresWindow window = new FiguresWindow(model, 0);

  private void answer(int calls, long nowNanos) {
    for (int i = 0; i < calls; i++) {
      model
          .callStarted(nowNanos - SECOND)
          .answered(
              ModelFigures.ANSWERED, new Usage(10, 4, 6, 2), new BigDecimal("0.001"), nowNanos);
      model.jobEnded(JobState.COMPLETED);
    }
  }

  @Test
  void window_isAMinuteAndAtMostFiveSecondsMore_whileWorkGoesOn() {
    for (int second = 0; second < 300; second++) {
      answer(3, second * SECOND);
      assertThat(window.isBusy(second * SECOND)).isTrue();
      LaneFigures figures = window.read(second * SECOND);
      assertThat(figures.window()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(65));
      if (second > 60) {
        assertThat(figures.callsStarted()).isEqualTo(3 * figures.window().toSeconds());
        assertThat(figures.perSecond(figures.jobsEndedInAll())).isEqualTo(3);
        assertThat(figures.latency().count()).isEqualTo(figures.callsEnded());
        assertThat(figures.tokens().totalTokens()).isEqualTo(16 * figures.callsEnded());
        assertThat(figures.costPicos()).isEqualTo(1_000_000_000L * figures.callsEnded());
      }
    }
  }

  @Test
  void failures_areTold_butNotWhatTheOwnerCancelled() {
    model.callStarted(0).failed(ErrorCodes.TIMEOUT);
    model.callStarted(0).failed(ErrorCodes.CANCELLED);
    answer(1, SECOND);
    LaneFigures figures = window.read(SECOND);
    assertThat(figures.failures()).isEqualTo(Map.of(ErrorCodes.TIMEOUT, 1L));
    assertThat(figures.callsEnded()).isEqualTo(3);
  }

  @Test
  void whatIsOver_leavesTheWindow_andThenTheModelIsIdle() {
    answer(5, 0);
    boolean busy = true;
    int second = 0;
    while (busy) {
      busy = window.isBusy(second++ * SECOND);
    }
    assertThat(second).isBetween(61, 70);
    LaneFigures figures = window.read((second - 1) * SECOND);
    assertThat(figures.callsStarted() + figures.callsEnded() + figures.jobsEndedInAll()).isZero();
    assertThat(figures.latency().count()).isZero();
  }

  @Test
  void model_isBusy_whileItsCallHangsOrAJobWaits() {
    EngineFigures.Call call = model.callStarted(0);
    assertThat(window.isBusy(3_600 * SECOND)).isTrue();
    assertThat(window.isBusy(7_200 * SECOND)).isTrue();
    call.failed(ErrorCodes.TIMEOUT);
    call.failed(ErrorCodes.INTERNAL);
    assertThat(window.isBusy(7_201 * SECOND)).as("it has just ended").isTrue();
    assertThat(window.isBusy(9_000 * SECOND)).isFalse();
    model.waiting(Priority.BATCH, 1);
    assertThat(window.isBusy(9_001 * SECOND)).isTrue();
    assertThat(window.read(9_001 * SECOND).waiting()).containsEntry(Priority.BATCH, 1L);
  }
}
