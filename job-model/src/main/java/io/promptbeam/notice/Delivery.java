package io.promptbeam.notice;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How far a notice is. Pure: who changes it passes the time, and writes it by compare-and-set.
 *
 * @param attempts begun
 * @param since when it was noted
 * @param at while it waits when somebody is to look at it next, which is after the patience of
 *     whoever is sending it; then when it ended
 * @param lastFailure why it was not delivered yet
 */
public record Delivery(
    State state, int attempts, Instant since, Instant at, Optional<String> lastFailure) {
  public Delivery {
    since = since.truncatedTo(ChronoUnit.MILLIS);
    at = at.truncatedTo(ChronoUnit.MILLIS);
  }

  /** Where a delivery is. */
  public enum State {
    /** To be sent, or being sent. */
    WAITING,
    DELIVERED,
    /** The receiver said that it wants none any more. */
    REFUSED,
    /** It took too long. */
    GIVEN_UP;

    /** Stored: do not change. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<State> parse(String wireName) {
      return Arrays.stream(values()).filter(s -> s.wireName().equals(wireName)).findFirst();
    }
  }

  /** One to be sent at once. */
  public static Delivery first(Instant now) {
    return new Delivery(State.WAITING, 0, now, now, Optional.empty());
  }

  public boolean isWaiting() {
    return state == State.WAITING;
  }

  /** Whether it waits and its time has come. */
  public boolean isDue(Instant now) {
    return isWaiting() && !now.isBefore(at);
  }

  /** Somebody begins an attempt; who has not said by {@code until} what became of it has died. */
  public Delivery begun(Instant until) {
    requireWaiting();
    return new Delivery(State.WAITING, attempts + 1, since, until, lastFailure);
  }

  /** An attempt that was broken off before anything became of it, to be made again at once. */
  public Delivery handedBack(Instant now) {
    requireWaiting();
    return new Delivery(State.WAITING, Math.max(0, attempts - 1), since, now, lastFailure);
  }

  public Delivery delivered(Instant now) {
    return ended(State.DELIVERED, now, Optional.empty());
  }

  public Delivery refused(String why, Instant now) {
    return ended(State.REFUSED, now, Optional.of(why));
  }

  /** An attempt failed: another one later, unless that would be too late. */
  public Delivery failed(String why, Instant now, Pauses pauses, RandomGenerator random) {
    requireWaiting();
    Instant next = now.plus(pauses.after(attempts, random));
    return next.isAfter(since.plus(pauses.patience()))
        ? ended(State.GIVEN_UP, now, Optional.of(why))
        : new Delivery(State.WAITING, attempts, since, next, Optional.of(why));
  }

  private Delivery ended(State how, Instant now, Optional<String> why) {
    requireWaiting();
    return new Delivery(how, attempts, since, now, why);
  }

  private void requireWaiting() {
    if (!isWaiting()) {
      throw new IllegalStateException("a notice that is " + state + " is not to be sent");
    }
  }

  /**
   * The time between attempts: from half of {@code first} to all of it, then each time twice that.
   *
   * @param longest none is longer
   * @param patience how long after it was noted a notice is still sent
   */
  public record Pauses(Duration first, Duration longest, Duration patience) {
    public static final Pauses DEFAULT =
        new Pauses(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofDays(3));

    private static final int MAX_DOUBLINGS = 20;

    /** After so many attempts. */
    Duration after(int attempts, RandomGenerator random) {
      int doublings = Math.min(MAX_DOUBLINGS, Math.max(0, attempts - 1));
      Duration doubled = first.multipliedBy(1L << doublings);
      long millis = (doubled.compareTo(longest) < 0 ? doubled : longest).toMillis();
      return Duration.ofMillis(millis / 2 + random.nextLong(millis / 2 + 1));
    }
  }
}
