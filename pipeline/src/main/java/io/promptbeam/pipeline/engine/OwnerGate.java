package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobError;
import io.promptbeam.job.Owner;
import io.promptbeam.pipeline.quota.TokenAmount;
import java.math.BigDecimal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Lets an owner's calls start, or not, before anything else is asked. Thread-safe, never blocks.
 */
public interface OwnerGate {
  /** Always open, at no cost. */
  OwnerGate OPEN =
      new OwnerGate() {
        @Override
        public Answer tryStart(Owner owner, String modelId, TokenAmount estimate) {
          return Answer.Open.FREELY;
        }

        @Override
        public void onOpen(Consumer<Owner> listener) {}

        @Override
        public CompletableFuture<Void> close() {
          return CompletableFuture.completedFuture(null);
        }
      };

  /** Asks for one call. */
  Answer tryStart(Owner owner, String modelId, TokenAmount estimate);

  /** {@code listener} hears of owners who were told to wait and may ask again, on any thread. */
  void onOpen(Consumer<Owner> listener);

  /** Gives back what is held; completes, never with a failure, when that is written. */
  CompletableFuture<Void> close();

  /** What a call may do. */
  sealed interface Answer {
    /** It may start; {@code reservation} is to be settled once. */
    record Open(Reservation reservation) implements Answer {
      static final Open FREELY = new Open(Reservation.NONE);
    }

    /** Not now; {@link #onOpen} will tell. */
    record Wait() implements Answer {}

    /** Its job is to fail, uncalled. */
    record Refused(JobError error) implements Answer {}
  }

  /** What was set aside for a call. Thread-safe. */
  interface Reservation {
    /** Nothing is set aside, and nobody wants to know the cost. */
    Reservation NONE =
        new Reservation() {
          @Override
          public boolean isCounted() {
            return false;
          }

          @Override
          public void settle(BigDecimal costUsd) {}

          @Override
          public void cancel() {}
        };

    /** Whether {@link #settle} takes the cost out of the owner's budget. */
    boolean isCounted();

    /** What the call cost, as far as known; zero when there was none. Called at most once. */
    void settle(BigDecimal costUsd);

    /**
     * Gives back what was set aside for a call that does not begin, as if nobody had asked. May be
     * called before {@link #settle}, or instead of it; does nothing after either.
     */
    void cancel();
  }
}
