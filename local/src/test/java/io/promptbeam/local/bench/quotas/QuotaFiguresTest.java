package io.promptbeam.local.bench.quotas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.promptbeam.pipeline.llm.simulated.Admissions;
import io.promptbeam.pipeline.llm.simulated.SimulatedStats;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class QuotaFiguresTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 7 * SECOND;
  private static final QuotaCase CASE =
      new QuotaCase(QuotaCase.Processes.WORKERS, QuotaCase.Unit.REQUESTS, 100);

  private static Admissions every10Millis(long... gapsMillis) {
    long[] at =
        LongStream.range(0, 2_000)
            .map(i -> i * 10)
            .filter(
                milli -> gapsMillis.length == 0 || milli < gapsMillis[0] || milli >= gapsMillis[1])
            .map(milli -> START + milli * 1_000_000)
            .toArray();
    return new Admissions(at, LongStream.generate(() -> 30).limit(at.length).toArray());
  }

  private static SimulatedStats stats() {
    return new SimulatedStats(
        2_003, 2_000, 3, 0, 0, 0, 0, 0, 40, OptionalLong.of(START), OptionalLong.of(START));
  }

  private static QuotaFigures figures(QuotaCase measured, Admissions admitted) {
    return QuotaFigures.of(measured, admitted, stats(), START + 12 * SECOND, START + 20 * SECOND);
  }

  @Test
  void use_isAll_whenEveryTenMillisecondsOneIsLetThroughOfAHundredASecond() {
    QuotaFigures figures = figures(CASE, every10Millis());
    assertThat(figures.use()).isCloseTo(1.0, within(0.002));
    assertThat(figures.recoverySeconds()).isZero();
    assertThat(figures.shares()).hasSize(40).usingComparatorWithPrecision(1e-9).containsOnly(1.0);
    assertThat(figures.limited()).isEqualTo(3);
  }

  @Test
  void use_countsTokens_whenTheyAreLimited() {
    var tokens = new QuotaCase(QuotaCase.Processes.WORKERS, QuotaCase.Unit.TOKENS, 6_000);
    assertThat(figures(tokens, every10Millis()).use()).isCloseTo(0.5, within(0.002));
  }

  @Test
  void recovery_endsWithTheLastHalfSecondThatWasMissed() {
    // Nothing from the kill, at 12 s, until 13.2 s: the bin to 13.5 s is not full.
    QuotaFigures figures = figures(CASE, every10Millis(12_000, 13_200));
    assertThat(figures.use()).isCloseTo(1.0, within(0.002));
    assertThat(figures.recoverySeconds()).isCloseTo(1.5, within(1e-9));
  }

  @Test
  void report_saysNever_whenTheRestNeverUsesAllOfIt_andDrawsBothCurves() {
    Map<QuotaCase, QuotaFigures> measured = new LinkedHashMap<>();
    measured.put(CASE, figures(CASE, every10Millis()));
    measured.put(CASE.reference().orElseThrow(), figures(CASE, every10Millis(12_000, 20_000)));
    var report = new QuotaReport(measured);
    assertThat(report.rows())
        .containsExactly(
            List.of(
                "4 worker processes",
                "100 requests/s",
                "100.0 %",
                "3 of 2,003",
                "0.0 s",
                "100.0 %",
                "never"));
    assertThat(report.plot())
        .startsWith("<svg")
        .contains("4 worker processes, 100 requests/s")
        .contains("stroke=\"#1565c0\"", "stroke=\"#9e9e9e\"", "stroke=\"#c62828\"");
  }
}
