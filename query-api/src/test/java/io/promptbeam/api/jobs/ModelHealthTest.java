package io.promptbeam.api.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.store.LaneFigures;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelHealthTest {
  private static final Instant NOW = Instant.parse("2026-11-24T02:30:00Z");

  private static LaneSnapshot lane(Optional<Binding> binding) {
    return new LaneSnapshot(
        "m", "w", NOW, List.of(), List.of(), binding, 0, Duration.ZERO, LaneFigures.NONE);
  }

  private static LaneSnapshot open(Instant since) {
    return lane(
        Optional.of(
            new Binding(
                LaneSnapshot.BREAKER_OPEN,
                Optional.empty(),
                Optional.of(since),
                Optional.of("provider_error"))));
  }

  private static LaneSnapshot paused(Instant until) {
    return lane(
        Optional.of(
            new Binding(
                LaneSnapshot.PROVIDER_PAUSED,
                Optional.of(until),
                Optional.empty(),
                Optional.empty())));
  }

  private static ModelHealth health(LaneSnapshot... lanes) {
    return ModelHealth.of(List.of(lanes), true, NOW);
  }

  @Test
  void breaker_countsAsOpenSinceTheFirst_whenItIsOpenAtOneWorkerOnly() {
    Instant minuteAgo = NOW.minusSeconds(60);
    ModelHealth health =
        health(lane(Optional.empty()), open(NOW), open(minuteAgo), paused(NOW.plusSeconds(9)));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    health.write(json);
    assertThat(json.toString())
        .isEqualTo(
            "{\"state\":\"open\",\"since\":\"2026-11-24T02:29:00.000Z\","
                + "\"error_code\":\"provider_error\",\"paused_until\":null}");
  }

  @Test
  void pause_lastsUntilTheLatest_andIsOverWhenItsTimeHasPassed() {
    assertThat(health(paused(NOW.plusSeconds(9)), paused(NOW.plusSeconds(5))))
        .isEqualTo(
            new ModelHealth(
                ModelHealth.State.PAUSED,
                Optional.empty(),
                Optional.empty(),
                Optional.of(NOW.plusSeconds(9))));
    assertThat(health(paused(NOW)).state()).isEqualTo(ModelHealth.State.CLOSED);
  }

  @Test
  void otherLimits_areNoMatterOfHealth_andNothingIsKnownWithoutWorkers() {
    var tokens = new Binding("tokens", Optional.empty(), Optional.empty(), Optional.empty());
    assertThat(health(lane(Optional.of(tokens))).state()).isEqualTo(ModelHealth.State.CLOSED);
    assertThat(health().state())
        .as("an idle lane puts nothing up")
        .isEqualTo(ModelHealth.State.CLOSED);
    assertThat(ModelHealth.of(List.of(), false, NOW)).isEqualTo(ModelHealth.UNKNOWN);
  }
}
