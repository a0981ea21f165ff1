package io.promptbeam.pipeline.llm.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.promptbeam.catalog.Simulation;
import io.promptbeam.pipeline.llm.simulated.Behaviour.Outcome;
import io.promptbeam.pipeline.llm.simulated.Behaviour.Plan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BehaviourTest {
  private static final int CALLS = 20_000;

  private static Simulation simulation(long seed) {
    return new Simulation(seed, Duration.ofMillis(400), 0.4, 0.1, 0.05, 0.02, OptionalLong.empty());
  }

  private static long hash(int call) {
    return Behaviour.hash(("{\"prompt\":" + call + "}").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void plan_isTheSame_whenAskedAgainAndInAnotherOrder() {
    var first = new Behaviour(simulation(7));
    var second = new Behaviour(simulation(7));

    for (int i = 0; i < 100; i++) {
      Plan expected = first.plan(hash(i), 1);
      second.plan(hash(99 - i), 2);
      assertThat(second.plan(hash(i), 1)).isEqualTo(expected);
    }
    assertThat(new Behaviour(simulation(8)).plan(hash(0), 1)).isNotEqualTo(first.plan(hash(0), 1));
  }

  @Test
  void plan_drawsOutcomesAtTheirRates() {
    var behaviour = new Behaviour(simulation(1));
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    for (int i = 0; i < CALLS; i++) {
      counts.merge(behaviour.plan(hash(i), 1).outcome(), 1, Integer::sum);
    }

    assertThat(share(counts, Outcome.REFUSED)).isCloseTo(0.05, within(0.006));
    double errors =
        share(counts, Outcome.RATE_LIMITED)
            + share(counts, Outcome.SERVER_ERROR)
            + share(counts, Outcome.UNAVAILABLE);
    assertThat(errors).isCloseTo(0.95 * 0.1, within(0.008));
    assertThat(share(counts, Outcome.GARBAGE)).isCloseTo(0.95 * 0.02, within(0.004));
  }

  private static double share(Map<Outcome, Integer> counts, Outcome outcome) {
    return counts.getOrDefault(outcome, 0) / (double) CALLS;
  }

  @Test
  void plan_refusesEveryAttempt_butDrawsErrorsAnew() {
    var behaviour = new Behaviour(simulation(1));
    int recovered = 0;
    for (int i = 0; i < 2_000; i++) {
      Outcome first = behaviour.plan(hash(i), 1).outcome();
      Outcome second = behaviour.plan(hash(i), 2).outcome();
      assertThat(second == Outcome.REFUSED).isEqualTo(first == Outcome.REFUSED);
      recovered += first == Outcome.SERVER_ERROR && second == Outcome.ANSWER ? 1 : 0;
    }
    assertThat(recovered).isPositive();
  }

  @Test
  void plan_drawsLatenciesLogNormally() {
    var behaviour = new Behaviour(simulation(1));
    long[] latencies = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      latencies[i] = behaviour.plan(hash(i), 1).latencyNanos();
    }
    Arrays.sort(latencies);

    assertThat(latencies[CALLS / 2] / 1e6).isCloseTo(400, within(12.0));
    // One standard deviation up: 400 ms times e^0.4.
    assertThat(latencies[(int) (CALLS * 0.8413)] / 1e6).isCloseTo(596.7, within(20.0));
  }

  @Test
  void plan_takesTheMedian_whenSigmaIsZero() {
    var exact = new Simulation(1, Duration.ofMillis(30), 0, 0, 0, 0, OptionalLong.empty());

    assertThat(new Behaviour(exact).plan(hash(1), 1).latencyNanos()).isEqualTo(30_000_000);
  }

  @Test
  void attempts_countPerRequest() {
    var attempts = new Attempts();

    assertThat(attempts.next(1)).isEqualTo(1);
    assertThat(attempts.next(2)).isEqualTo(1);
    assertThat(attempts.next(1)).isEqualTo(2);
  }
}
