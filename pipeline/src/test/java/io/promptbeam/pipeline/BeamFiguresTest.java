package io.promptbeam.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.figures.Histogram;
import io.promptbeam.figures.Latencies;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Priority;
import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.engine.ModelFigures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BeamFiguresTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Map<String, Long> counters = new ConcurrentHashMap<>();
  private final Map<String, Long> gauges = new ConcurrentHashMap<>();
  private final List<String> distributions = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong nanos = new AtomicLong();
  private volatile List<ModelFigures> figures = List.of();
  private final BeamFigures told =
      new BeamFigures(
          () -> figures,
          new BeamFigures.Sink() {
            @Override
            public void count(String model, String name, long more) {
              counters.merge(model + " " + name, more, Long::sum);
            }

            @Override
            public void gauge(String model, String name, long value) {
              gauges.put(model + " " + name, value);
            }

            @Override
            public void distribution(
                String model, String name, long sum, long count, long min, long max) {
              distributions.add(List.of(sum, count, min, max).toString());
            }
          },
          nanos::get);

  private static ModelFigures figures(long answered, long inFlight) {
    Histogram latency = new Histogram();
    for (long i = 0; i < answered; i++) {
      latency.add(Duration.ofMillis(120).toNanos());
    }
    return new ModelFigures(
        "m",
        answered + 1 + inFlight,
        Map.of(ModelFigures.ANSWERED, answered, "timeout", 1L),
        Map.of(JobState.COMPLETED, answered),
        Map.of(Priority.BATCH, inFlight * 2),
        new Usage(answered * 10, answered * 4, answered * 5, answered),
        answered * 1_500_000,
        answered == 0 ? Latencies.NONE : latency.snapshot(),
        false);
  }

  @Test
  void counters_areTheFigures_howeverOftenTheyAreTold() {
    figures = List.of(figures(3, 2));
    told.tell(true);
    told.tell(true);
    figures = List.of(figures(10, 0));
    told.tell(true);
    assertThat(new TreeMap<>(counters))
        .isEqualTo(
            Map.of(
                "m promptbeam_calls_started_total", 11L,
                "m promptbeam_calls_total.answered", 10L,
                "m promptbeam_calls_total.timeout", 1L,
                "m promptbeam_jobs_ended_total.completed", 10L,
                "m promptbeam_tokens_total.input", 100L,
                "m promptbeam_tokens_of_which_total.cached_input", 40L,
                "m promptbeam_tokens_total.output", 50L,
                "m promptbeam_tokens_of_which_total.reasoning", 10L,
                "m promptbeam_cost_usd_micros_total", 15L));
    assertThat(gauges)
        .containsEntry("m promptbeam_calls_in_flight", 0L)
        .containsEntry("m promptbeam_jobs_waiting.batch", 0L);
    assertThat(distributions).containsExactly("[360, 3, 100, 150]", "[840, 7, 100, 150]");
  }

  @Test
  void figures_areTold_onceASecondUnlessAskedNow() {
    figures = List.of(figures(1, 0));
    told.tell(false);
    figures = List.of(figures(2, 0));
    told.tell(false);
    assertThat(counters).containsEntry("m promptbeam_calls_total.answered", 1L);
    nanos.addAndGet(SECOND);
    told.tell(false);
    assertThat(counters).containsEntry("m promptbeam_calls_total.answered", 2L);
    figures = List.of(figures(3, 0));
    told.tell(true);
    assertThat(counters).containsEntry("m promptbeam_calls_total.answered", 3L);
  }

  @Test
  void nothingIsToldTwice_whenManyBundlesTell() throws Exception {
    AtomicLong answered = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Void> bundle =
          () -> {
            for (int i = 0; i < 500; i++) {
              synchronized (answered) {
                figures = List.of(figures(answered.incrementAndGet() / 100, 0));
              }
              told.tell(true);
            }
            return null;
          };
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(4, bundle))) {
        done.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(counters).containsEntry("m promptbeam_calls_total.answered", 20L);
    assertThat(counters).containsEntry("m promptbeam_calls_started_total", 21L);
  }
}
