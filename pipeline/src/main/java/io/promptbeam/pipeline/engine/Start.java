package io.promptbeam.pipeline.engine;

import io.promptbeam.job.JobError;
import io.promptbeam.job.JobId;
import io.promptbeam.pipeline.quota.Permit;
import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.TokenAmount;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A job that was drawn from its lane, for an attempt. */
record Start(ActiveItem item, JobId job, Turns.Turn turn, Terms terms) {

  /**
   * On which it was drawn.
   *
   * @param probe whether its call is to find out if the provider is back
   * @param refusal why it is to end uncalled
   */
  record Terms(
      Permit permit, boolean probe, OwnerGate.Reservation reservation, Optional<JobError> refusal) {

    /** It may be called. */
    static Terms call(Permit permit, boolean probe, OwnerGate.Reservation reservation) {
      return new Terms(permit, probe, reservation, Optional.empty());
    }

    /** It is to end uncalled. */
    static Terms refused(JobError why) {
      return new Terms(NO_CALL, false, OwnerGate.Reservation.NONE, Optional.of(why));
    }
  }

  /** Of jobs that are refused: they use nothing, and say nothing about the provider. */
  private static final Permit NO_CALL =
      new Permit() {
        @Override
        public void succeeded(TokenAmount used, long nowNanos) {}

        @Override
        public void spent(long nowNanos) {}

        @Override
        public void ignored(long nowNanos) {}

        @Override
        public void throttled(Duration pauseFor, long nowNanos) {}
      };

  private static final LanePermit.Lane UNAFFECTED =
      new LanePermit.Lane() {
        @Override
        public Optional<Duration> callStarts(boolean probe) {
          return Optional.empty();
        }

        @Override
        public void report(
            CallReport report, boolean probe, long tookNanos, Optional<JobError> error) {}

        @Override
        public void hinted(List<RateHint> hints) {}
      };

  /** What its attempt works under; {@code lane} hears of a call, and nothing of a refusal. */
  LanePermit permit(LanePermit.Lane lane, AttemptContext context) {
    return new LanePermit(
        terms.permit(),
        terms.probe(),
        terms.reservation(),
        terms.refusal().isPresent() ? UNAFFECTED : lane,
        context);
  }
}
