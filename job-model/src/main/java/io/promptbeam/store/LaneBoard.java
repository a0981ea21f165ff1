package io.promptbeam.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Where workers put up what waits with them, for others to read. Nothing depends on it but what
 * callers are told. Thread-safe, never blocks; futures fail with {@link StoreUnavailableException}.
 */
public interface LaneBoard {
  /** Replaces the worker's snapshot of the model. */
  CompletableFuture<Void> put(LaneSnapshot snapshot);

  /** Every worker's latest snapshot of the model, however old. */
  CompletableFuture<List<LaneSnapshot>> of(String modelId);

  /** Says that {@code worker} lives. */
  CompletableFuture<Void> beat(String worker, Instant now);

  /** When each worker was last heard of; long gone ones are forgotten. */
  CompletableFuture<List<Instant>> beats();

  /** Whether anything put up can be read. */
  default boolean isRead() {
    return true;
  }

  /** A worker not heard of for so long is gone, and what it put up says nothing any more. */
  Duration LIVES = Duration.ofSeconds(15);

  /** For stores without a board. */
  LaneBoard NONE =
      new LaneBoard() {
        @Override
        public CompletableFuture<Void> put(LaneSnapshot snapshot) {
          return done();
        }

        @Override
        public CompletableFuture<List<LaneSnapshot>> of(String modelId) {
          return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletableFuture<Void> beat(String worker, Instant now) {
          return done();
        }

        @Override
        public CompletableFuture<List<Instant>> beats() {
          return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public boolean isRead() {
          return false;
        }

        private CompletableFuture<Void> done() {
          return CompletableFuture.completedFuture(null);
        }
      };
}
