package io.promptbeam.pipeline.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import io.promptbeam.pipeline.simulation.Simulation.Result;
import io.promptbeam.pipeline.simulation.Violation.Promise;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Every promise in as many worlds as {@code promptbeam.sim.seeds} says, or in the one world of
 * {@code promptbeam.sim.seed}.
 */
class SimulationTest {
  private static final int SEEDS = Integer.getInteger("promptbeam.sim.seeds", 2_000);

  /** What must really have happened, for the promises to have been tried. */
  private static final List<String> FAULTS =
      List.of(
          "calls during provider outages",
          "calls repeated: clocks differ",
          "calls repeated: store did not take the record or renewal",
          "calls repeated: worker died",
          "calls repeated: worker was paused",
          "calls that are refused",
          "calls that are throttled",
          "calls that fail",
          "calls that hang",
          "cancel requests",
          "clock jumps",
          "crashes",
          "graceful restarts",
          "items moved to another worker",
          "jobs cancelled as cancelled",
          "jobs expired as deadline_exceeded",
          "jobs failed as poison",
          "jobs handed over by the sweep",
          "jobs ended by the sweep",
          "messages delayed",
          "messages duplicated",
          "messages during queue outages",
          "messages lost on their way to the queue",
          "messages redelivered",
          "paused workers taken for dead",
          "pauses",
          "requests during store outages",
          "responses lost",
          "slow store requests",
          "store answers lost",
          "store requests lost",
          "store writes after their failure was told",
          "submissions accepted again",
          "submissions in conflict");

  @Test
  void promises_hold_inEveryWorld() {
    Long one = Long.getLong("promptbeam.sim.seed");
    long from = one == null ? 0 : one;
    long count = one == null ? SEEDS : 1;
    long begun = System.nanoTime();
    List<Result> results =
        LongStream.range(from, from + count).parallel().mapToObj(SimulationTest::run).toList();
    Totals totals = new Totals();
    results.forEach(result -> totals.add(result.totals()));
    System.out.println(summary(count, totals, (System.nanoTime() - begun) / 1e9));
    results.stream()
        .filter(result -> result.violation().isPresent())
        .min(Comparator.comparingLong(Result::seed))
        .ifPresent(first -> fail(Story.of(first)));
    if (count >= 2_000) {
      assertThat(FAULTS).allSatisfy(fault -> assertThat(totals.of(fault)).as(fault).isPositive());
    }
  }

  @Test
  void world_isTheSame_whenItsSeedIs() {
    for (long seed = 0; seed < 20; seed++) {
      Result once = Simulation.run(seed, Plant.NONE, EnumSet.allOf(Promise.class), true);
      Result again = Simulation.run(seed, Plant.NONE, EnumSet.allOf(Promise.class), true);
      assertThat(again.notes()).as("seed %d", seed).isEqualTo(once.notes());
    }
  }

  private static Result run(long seed) {
    return Simulation.run(seed, () -> Plant.NONE, EnumSet.allOf(Promise.class));
  }

  private static String summary(long seeds, Totals totals, double seconds) {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "simulation: %,d seeds, %,d jobs, %,d virtual hours, %.0f s%n",
                seeds,
                totals.of("jobs accepted"),
                totals.of("virtual seconds") / 3_600,
                seconds));
    totals
        .counts()
        .forEach(
            (what, times) -> text.append(String.format(Locale.ROOT, "  %,10d %s%n", times, what)));
    return text.toString();
  }
}
