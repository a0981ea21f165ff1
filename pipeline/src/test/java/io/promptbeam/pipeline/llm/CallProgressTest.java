package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.catalog.Timeouts;
import io.promptbeam.job.ErrorCodes;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CallProgressTest {
  /** {@link System#nanoTime} may be anywhere, and overflow on the way. */
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();

  private static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofMillis(4_500),
          Duration.ofSeconds(60));

  private final CallProgress progress =
      new CallProgress(CallLimits.of(TIMEOUTS, Duration.ofHours(1)), START);

  private static long at(double seconds) {
    return START + (long) (seconds * 1e9);
  }

  private Optional<String> passed(double seconds) {
    return passed(progress, seconds);
  }

  private static Optional<String> passed(CallProgress progress, double seconds) {
    Optional<LlmException> failure = progress.passed(at(seconds));
    failure.ifPresent(
        found -> {
          assertThat(found).isInstanceOf(LlmException.Transient.class);
          assertThat(found.error().code()).isEqualTo(ErrorCodes.TIMEOUT);
        });
    return failure.map(found -> found.error().message());
  }

  private double quiet(double seconds) {
    return progress.quietNanos(at(seconds)) / 1e9;
  }

  @Test
  void connecting_isBoundedByTheWholeCallOnly_becauseTheClientKeepsItsLimit() {
    assertThat(passed(59.9)).isEmpty();
    assertThat(passed(60))
        .contains("the provider's answer was not complete after 60 s (call_seconds)");
  }

  @Test
  void firstByte_countsFromSendingTheRequest() {
    progress.sending(at(3));

    assertThat(passed(22.9)).isEmpty();
    assertThat(passed(23))
        .contains("the provider did not begin its answer in 20 s (first_byte_seconds)");
  }

  @Test
  void betweenChunks_countsFromTheLastPiece() {
    progress.sending(at(0));
    progress.received(at(19));
    assertThat(passed(23.4)).isEmpty();
    progress.received(at(23.4));

    assertThat(passed(27.8)).isEmpty();
    assertThat(passed(28))
        .contains(
            "the provider sent nothing for 4.5 s in the middle of its answer"
                + " (between_chunks_seconds)");
  }

  @Test
  void whole_passes_howeverOftenPiecesCome() {
    progress.sending(at(0));
    for (int second = 1; second < 60; second++) {
      progress.received(at(second));
      assertThat(passed(second + 0.5)).isEmpty();
    }

    assertThat(passed(60)).isPresent().get().asString().contains("call_seconds");
  }

  @Test
  void whole_saysThatItWasTheJobsTime_whenTheJobHadLess() {
    var shorter = new CallProgress(CallLimits.of(TIMEOUTS, Duration.ofMillis(1_250)), START);

    assertThat(passed(shorter, 1.25))
        .contains(
            "the provider's answer was not complete in the 1.25 s this call was given, because the"
                + " job's deadline is near or the provider has been failing");
  }

  @Test
  void read_isBoundedByTheWholeCallOnly() {
    progress.sending(at(0));
    progress.received(at(1));
    progress.read(at(2));

    assertThat(passed(59)).isEmpty();
    assertThat(quiet(2)).isEqualTo(58);
  }

  @Test
  void quiet_isAsLongAsNothingCanPass_whateverComes() {
    assertThat(quiet(0)).isEqualTo(4.5);
    progress.sending(at(1));
    assertThat(quiet(1)).isEqualTo(4.5);
    assertThat(quiet(18)).isEqualTo(3);
    progress.received(at(19));
    assertThat(quiet(20)).isEqualTo(3.5);
    assertThat(quiet(40)).isZero();
  }

  @Test
  void quiet_neverOutlastsTheWholeCall() {
    progress.received(at(58));

    assertThat(quiet(58)).isEqualTo(2);
  }
}
