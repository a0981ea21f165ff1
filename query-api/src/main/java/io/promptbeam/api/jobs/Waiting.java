package io.promptbeam.api.jobs;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Why a job has not been called yet, as far as it can be told.
 *
 * @param reason stable; programs branch on it
 * @param message one sentence for a person
 * @param position jobs that will be started before it, of all owners
 * @param aheadOfOwner of those, the owner's own
 * @param ownerShare of the model's tokens, at the job's priority: 0 to 1
 * @param pausedUntil when the provider asked for a pause
 * @param notBefore no call starts before it: by the submission, or after a failed attempt
 */
public record Waiting(
    String reason,
    String message,
    OptionalLong position,
    OptionalLong aheadOfOwner,
    OptionalDouble ownerShare,
    Optional<Instant> pausedUntil,
    Optional<Instant> estimatedStartAt,
    Optional<Instant> estimatedEndAt,
    Optional<Instant> notBefore) {
  static final String SCHEDULED = "scheduled";
  static final String RETRY_BACKOFF = "retry_backoff";
  static final String QUEUED = "queued";
  static final String VALIDATING = "validating";
  static final String NO_WORKER = "no_worker";

  /** Nothing but a reason. */
  static Waiting because(String reason, String message) {
    return new Waiting(
        reason,
        message,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Waits for a time. */
  static Waiting until(
      String reason, String message, Instant notBefore, Optional<Instant> estimatedEnd) {
    return new Waiting(
        reason,
        message,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.of(notBefore),
        estimatedEnd,
        Optional.of(notBefore));
  }

  /**
   * What of it is news to somebody who knows an earlier one: another reason, or a position that has
   * halved. Everything else changes with every look.
   */
  String gist() {
    String place =
        position.isEmpty()
            ? "?"
            : Integer.toString(Long.SIZE - Long.numberOfLeadingZeros(position.getAsLong()));
    return reason + "-" + place;
  }
}
