package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {
  private long nanos = 1;
  private final Progress progress = new Progress(() -> nanos, false);

  private static Progress.Counts counts(long total, long completed, long failed) {
    return new Progress.Counts(OptionalLong.of(total), completed, failed);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void text_tellsRateAndTimeLeft() {
    pass(Duration.ofSeconds(2));

    assertThat(progress.text(counts(3_000, 950, 50)))
        .isEqualTo("33%  950 of 3,000 done, 50 failed, 500/s, ETA 0:04");
  }

  @Test
  void rate_forgetsWhatIsLongAgo() {
    pass(Duration.ofSeconds(1));
    progress.text(counts(10_000, 1_000, 0));
    for (int second = 0; second < 10; second++) {
      pass(Duration.ofSeconds(1));
      progress.text(counts(10_000, 1_000 + 10L * second, 0));
    }

    assertThat(progress.text(counts(10_000, 1_090, 0))).contains(", 10/s,");
  }

  @Test
  void text_hasNoTimeLeft_whenNothingIsDoneYet() {
    assertThat(progress.text(counts(10, 0, 0))).isEqualTo("0%  0 of 10 done, 0 failed, 0/s, ETA -");
  }

  @Test
  void text_hasNoShare_whenTheTotalIsUnknown() {
    pass(Duration.ofSeconds(4));

    assertThat(progress.bar(new Progress.Counts(OptionalLong.empty(), 10, 0), 80))
        .isEqualTo("10 done, 0 failed, 2.5/s");
  }

  @Test
  void bar_fillsWithTheShareThatHasEnded() {
    pass(Duration.ofSeconds(1));

    assertThat(progress.bar(counts(100, 40, 10), 80))
        .isEqualTo(
            "[###############...............] 50%  40 of 100 done, 10 failed, 50/s, ETA 0:01");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 40, 60, 80, 120, 400})
  void bar_neverFillsTheLastColumn(int columns) {
    assertThat(progress.bar(counts(100, 100, 0), columns).length()).isLessThan(columns);
  }

  @ParameterizedTest
  @CsvSource({"0,0:00", "7,0:07", "750,12:30", "11040,3:04:00"})
  void clock_readsLikeOne(long seconds, String text) {
    assertThat(Progress.clock(seconds)).isEqualTo(text);
  }
}
