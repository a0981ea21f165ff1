package io.promptbeam.api.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether calls to a model pass, as far as workers tell.
 *
 * @param since when the breaker opened, while it is open
 * @param errorCode what the provider failed with last, while it is open
 * @param pausedUntil when the provider wants to be asked again, where it said so
 */
public record ModelHealth(
    State state,
    Optional<Instant> since,
    Optional<String> errorCode,
    Optional<Instant> pausedUntil) {
  /** Named on the wire by its lower-case name. */
  public enum State {
    /** Calls pass. */
    CLOSED,
    /** The provider fails: at one worker at least, only probes are sent. */
    OPEN,
    /** The provider asked to wait. */
    PAUSED,
    /** There is no worker. */
    UNKNOWN
  }

  static final ModelHealth UNKNOWN = plain(State.UNKNOWN);

  private static ModelHealth plain(State state) {
    return new ModelHealth(state, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * What is known of a model. Pure.
   *
   * @param lanes the model's, those that are live
   * @param hasWorkers whether any worker lives; one whose lane is idle puts nothing up
   */
  public static ModelHealth of(List<LaneSnapshot> lanes, boolean hasWorkers, Instant now) {
    List<Binding> bindings = lanes.stream().flatMap(lane -> lane.binding().stream()).toList();
    Optional<Binding> open =
        bindings.stream()
            .filter(binding -> binding.reason().equals(LaneSnapshot.BREAKER_OPEN))
            .min(Comparator.comparing(binding -> binding.since().orElse(Instant.MAX)));
    if (open.isPresent()) {
      return new ModelHealth(
          State.OPEN, open.get().since(), open.get().errorCode(), Optional.empty());
    }
    Optional<Binding> paused =
        bindings.stream()
            .filter(binding -> binding.reason().equals(LaneSnapshot.PROVIDER_PAUSED))
            .filter(binding -> binding.until().filter(until -> !until.isAfter(now)).isEmpty())
            .max(Comparator.comparing(binding -> binding.until().orElse(Instant.MAX)));
    if (paused.isPresent()) {
      return new ModelHealth(
          State.PAUSED, Optional.empty(), Optional.empty(), paused.get().until());
    }
    return hasWorkers || !lanes.isEmpty() ? plain(State.CLOSED) : UNKNOWN;
  }

  public void write(ObjectNode json) {
    json.put("state", state.name().toLowerCase(Locale.ROOT));
    json.put("since", since.map(JobViews::wireTime).orElse(null));
    json.put("error_code", errorCode.orElse(null));
    json.put("paused_until", pausedUntil.map(JobViews::wireTime).orElse(null));
  }
}
