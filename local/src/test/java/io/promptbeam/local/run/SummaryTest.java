package io.promptbeam.local.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.job.JobError;
import io.promptbeam.job.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SummaryTest {
  private final Summary summary = new Summary();

  private void addCompleted(long latencyMillis) {
    summary.add(
        TestJobs.completed(
            Duration.ofMillis(latencyMillis), Usage.of(1_000, 20), "0.000162", "{}"));
  }

  @Test
  void lines_addUpCountsTokensCostAndLatency() {
    for (int i = 1; i <= 100; i++) {
      addCompleted(i * 10L);
    }
    summary.add(TestJobs.failed(JobError.of("timeout", "late")));
    summary.addRejected();

    assertThat(summary.lines(Duration.ofSeconds(2), 3))
        .containsExactly(
            "jobs     100 completed, 1 failed, 1 line rejected, 3 not done",
            "calls    202",
            "tokens   100,000 in, 2,000 out",
            "cost     $0.0162",
            "time     2.0 s, 50.5 jobs/s",
            "latency  p50 500 ms, p95 950 ms (call start to recorded result)");
  }

  @Test
  void lines_haveNoLatency_whenNothingCompleted() {
    assertThat(summary.lines(Duration.ZERO, 0))
        .containsExactly(
            "jobs     0 completed",
            "calls    0",
            "tokens   0 in, 0 out",
            "cost     $0.00",
            "time     0.0 s, 0.0 jobs/s");
  }

  @Test
  void percentile_isTheOnlyValue_whenThereIsOne() {
    addCompleted(42);

    assertThat(summary.percentile(0.5)).isEqualTo(42);
    assertThat(summary.percentile(0.95)).isEqualTo(42);
  }

  @Test
  void percentile_isExact_whenMoreThanTheFirstBufferWereAdded() {
    for (int i = 5_000; i >= 1; i--) {
      addCompleted(i);
    }

    assertThat(summary.percentile(0.95)).isEqualTo(4_750);
  }
}
