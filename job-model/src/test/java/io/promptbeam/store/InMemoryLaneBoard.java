package io.promptbeam.store;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A board in memory, for tests; what is put up goes through its JSON. Thread-safe. */
public final class InMemoryLaneBoard implements LaneBoard {
  private final Map<String, byte[]> lanes = new ConcurrentHashMap<>();
  private final Map<String, Instant> beats = new ConcurrentHashMap<>();

  @Override
  public CompletableFuture<Void> put(LaneSnapshot snapshot) {
    lanes.put(snapshot.modelId() + "#" + snapshot.worker(), LaneJson.encode(snapshot));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<List<LaneSnapshot>> of(String modelId) {
    return CompletableFuture.completedFuture(
        lanes.values().stream()
            .map(json -> LaneJson.decode(json).orElseThrow())
            .filter(lane -> lane.modelId().equals(modelId))
            .toList());
  }

  @Override
  public CompletableFuture<Void> beat(String worker, Instant now) {
    beats.put(worker, now);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<List<Instant>> beats() {
    return CompletableFuture.completedFuture(List.copyOf(beats.values()));
  }
}
