package io.promptbeam.api.jobs;

import io.promptbeam.store.LaneSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * What the board says of some models, without what is too old to say anything.
 *
 * @param lanes by model id; a model without any has an empty list
 * @param workers that live
 */
public record LiveBoard(Map<String, List<LaneSnapshot>> lanes, int workers) {
  /** Reads the board, or what was read of it within a second; fails as the store does. */
  public static CompletableFuture<LiveBoard> read(
      CachedBoard board, List<String> modelIds, Instant now) {
    CompletableFuture<Map<String, List<LaneSnapshot>>> all =
        CompletableFuture.completedFuture(new TreeMap<>());
    for (String id : modelIds) {
      all =
          all.thenCombine(
              board.lanes(id, now),
              (known, lanes) -> {
                known.put(
                    id,
                    lanes.stream().filter(lane -> WaitingReasons.isLive(lane.at(), now)).toList());
                return known;
              });
    }
    return all.thenCombine(
        board.beats(now),
        (known, beats) ->
            new LiveBoard(
                known, (int) beats.stream().filter(at -> WaitingReasons.isLive(at, now)).count()));
  }

  public List<LaneSnapshot> lanes(String modelId) {
    return lanes.getOrDefault(modelId, List.of());
  }

  public ModelHealth health(String modelId, Instant now) {
    return ModelHealth.of(lanes(modelId), workers > 0, now);
  }
}
