package io.promptbeam.api.jobs;

import io.promptbeam.job.Job;
import io.promptbeam.job.JobError;
import io.promptbeam.job.JobState;
import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.LaneBoard;
import io.promptbeam.store.LaneSnapshot;
import io.promptbeam.store.LaneSnapshot.Binding;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says why a job waits, from its row and from what workers put up on the {@link LaneBoard}, which
 * is read about once a second and model. When the board cannot be read, nothing is said: a status
 * never fails because of it. Thread-safe.
 */
public final class WaitingReasons {
  private static final Logger log = LoggerFactory.getLogger(WaitingReasons.class);
  private static final SparseWarning UNREAD = new SparseWarning(log);

  /** A job is with a worker sooner than that, if there is one. */
  private static final Duration UNDERWAY = Duration.ofSeconds(10);

  /** Below it nothing moves, and no end can be told. */
  private static final double SLOWEST_PER_SECOND = 1e-4;

  private static final String NOBODY = "No worker has been heard of for some seconds; ";

  private final CachedBoard board;

  public WaitingReasons(CachedBoard board) {
    this.board = board;
  }

  /** Completes, never exceptionally; empty for a job that does not wait. */
  public CompletableFuture<Optional<Waiting>> of(Job job, Instant now) {
    if (job.run().state() != JobState.PENDING || !board.isRead()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return board
        .lanes(model(job), now)
        .thenCombine(board.beats(now), (lanes, beats) -> reason(job, lanes, beats, now))
        .exceptionally(
            failure -> {
              UNREAD.warn(() -> "why jobs wait cannot be told: " + SparseWarning.reason(failure));
              return Optional.empty();
            });
  }

  /** Why a batch waits whose lines have not been checked; may fail. */
  public CompletableFuture<Optional<Waiting>> ofUnread(Instant createdAt, Instant now) {
    if (!board.isRead()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return board
        .beats(now)
        .thenApply(
            beats ->
                Optional.of(
                    isLate(createdAt, now) && beats.stream().noneMatch(at -> isLive(at, now))
                        ? Waiting.because(Waiting.NO_WORKER, NOBODY + "it is checked then.")
                        : Waiting.because(Waiting.VALIDATING, "Its lines are being checked.")));
  }

  /** Why {@code job}, which is pending, waits. Pure. */
  static Optional<Waiting> reason(
      Job job, List<LaneSnapshot> all, List<Instant> beats, Instant now) {
    List<LaneSnapshot> lanes = all.stream().filter(lane -> isLive(lane.at(), now)).toList();
    Optional<Duration> callTakes = callTakes(lanes);
    Optional<Instant> notBefore = job.run().notBefore(job.spec().limits());
    if (notBefore.filter(now::isBefore).isPresent()) {
      Instant start = notBefore.get();
      Optional<Instant> end = callTakes.map(start::plus);
      Optional<JobError> error = job.run().notBefore().flatMap(at -> job.run().lastError());
      return Optional.of(
          error
              .map(
                  failed ->
                      Waiting.until(
                          Waiting.RETRY_BACKOFF,
                          "The last attempt failed ("
                              + failed.code()
                              + "); the next may start at "
                              + shown(start)
                              + ".",
                          start,
                          end))
              .orElseGet(
                  () ->
                      Waiting.until(
                          Waiting.SCHEDULED,
                          "It is not to start before " + shown(start) + ".",
                          start,
                          end)));
    }
    List<LaneSnapshot> its = new ArrayList<>();
    List<FairPosition> positions = new ArrayList<>();
    for (LaneSnapshot lane : lanes) {
      FairPosition.of(job.spec(), lane)
          .ifPresent(
              position -> {
                its.add(lane);
                positions.add(position);
              });
    }
    Optional<Binding> binding = binding(its.isEmpty() ? lanes : its, now);
    if (its.isEmpty() && binding.filter(WaitingReasons::isOfProvider).isEmpty()) {
      return Optional.of(unseen(job, lanes, beats, now));
    }
    return Optional.of(placed(job, binding, positions, its, callTakes, now));
  }

  /** In whose lanes it waits: it may have gone on from its own. */
  private static String model(Job job) {
    return job.run().route().modelId().orElse(job.spec().modelId());
  }

  static boolean isLive(Instant at, Instant now) {
    return at.plus(LaneBoard.LIVES).isAfter(now);
  }

  private static boolean isLate(Instant createdAt, Instant now) {
    return createdAt.plus(UNDERWAY).isBefore(now);
  }

  private static Waiting unseen(
      Job job, List<LaneSnapshot> lanes, List<Instant> beats, Instant now) {
    boolean old = isLate(job.spec().createdAt(), now);
    boolean nobody = lanes.isEmpty() && beats.stream().noneMatch(at -> isLive(at, now));
    return nobody && old
        ? Waiting.because(Waiting.NO_WORKER, NOBODY + "the job starts when one is back.")
        : Waiting.because(Waiting.QUEUED, "It is on its way to a worker.");
  }

  private static Waiting placed(
      Job job,
      Optional<Binding> binding,
      List<FairPosition> positions,
      List<LaneSnapshot> its,
      Optional<Duration> callTakes,
      Instant now) {
    Optional<String> heldBy = heldBy(positions);
    OptionalLong ahead = sum(positions.stream().mapToDouble(FairPosition::ahead).toArray());
    OptionalLong own = sum(positions.stream().mapToDouble(FairPosition::aheadOfOwner).toArray());
    OptionalDouble share =
        positions.stream().mapToDouble(FairPosition::share).average().stream()
            .map(part -> Math.round(part * 1_000) / 1_000.0)
            .findFirst();
    String reason =
        binding.filter(WaitingReasons::isOfProvider).isPresent() || heldBy.isEmpty()
            ? binding.map(Binding::reason).orElse(Waiting.QUEUED)
            : heldBy.get();
    Optional<Instant> pausedUntil =
        binding
            .filter(b -> b.reason().equals(LaneSnapshot.PROVIDER_PAUSED))
            .flatMap(Binding::until);
    // Who knows when a provider is back, or a budget is raised?
    boolean open = reason.equals(LaneSnapshot.BREAKER_OPEN) || reason.equals(LaneSnapshot.BUDGET);
    Optional<Instant> start = open ? Optional.empty() : start(ahead, its, pausedUntil.orElse(now));
    return new Waiting(
        reason,
        message(job, reason, binding, ahead),
        ahead,
        own,
        share,
        pausedUntil,
        start,
        start.flatMap(at -> callTakes.map(at::plus)),
        Optional.empty());
  }

  /** Why its owner has no turn at any worker; of two reasons, the one that lasts longer. */
  private static Optional<String> heldBy(List<FairPosition> positions) {
    if (positions.stream().anyMatch(position -> position.heldBy().isEmpty())) {
      return Optional.empty();
    }
    List<String> all = positions.stream().flatMap(p -> p.heldBy().stream()).toList();
    return all.contains(LaneSnapshot.BUDGET)
        ? Optional.of(LaneSnapshot.BUDGET)
        : all.stream().findFirst();
  }

  private static Optional<Instant> start(OptionalLong ahead, List<LaneSnapshot> its, Instant from) {
    double perSecond = its.stream().mapToDouble(LaneSnapshot::startsPerSecond).sum();
    if (ahead.isEmpty() || perSecond < SLOWEST_PER_SECOND) {
      return Optional.empty();
    }
    long millis = (long) Math.min(1e12, (ahead.getAsLong() + 1) / perSecond * 1_000);
    return Optional.of(from.plusMillis(millis).truncatedTo(ChronoUnit.SECONDS).plusSeconds(1));
  }

  private static OptionalLong sum(double... each) {
    double sum = 0;
    for (double one : each) {
      sum += one;
    }
    return each.length == 0 ? OptionalLong.empty() : OptionalLong.of(Math.round(sum));
  }

  /** What holds up most of the workers; a provider that is away, if only one of them knows. */
  private static Optional<Binding> binding(List<LaneSnapshot> lanes, Instant now) {
    List<Binding> all =
        lanes.stream()
            .flatMap(lane -> lane.binding().stream())
            .filter(binding -> !isOfAnOwner(binding))
            .filter(binding -> binding.until().map(until -> until.isAfter(now)).orElse(true))
            .toList();
    Optional<Binding> ofProvider = all.stream().filter(WaitingReasons::isOfProvider).findFirst();
    return ofProvider.or(
        () ->
            all.stream()
                .max(
                    (one, other) ->
                        Long.compare(count(all, one.reason()), count(all, other.reason()))));
  }

  private static long count(List<Binding> all, String reason) {
    return all.stream().filter(binding -> binding.reason().equals(reason)).count();
  }

  private static boolean isOfProvider(Binding binding) {
    return binding.reason().equals(LaneSnapshot.BREAKER_OPEN)
        || binding.reason().equals(LaneSnapshot.PROVIDER_PAUSED);
  }

  /** Of whom, a lane does not tell: perhaps not of the job's. Queues do. */
  private static boolean isOfAnOwner(Binding binding) {
    return binding.reason().equals(LaneSnapshot.OWNER_IN_FLIGHT)
        || binding.reason().equals(LaneSnapshot.BUDGET);
  }

  static Optional<Duration> callTakes(List<LaneSnapshot> lanes) {
    return lanes.stream()
        .map(LaneSnapshot::callTakes)
        .filter(takes -> !takes.isZero())
        .findFirst()
        .map(takes -> takes.truncatedTo(ChronoUnit.MILLIS));
  }

  private static String message(
      Job job, String reason, Optional<Binding> binding, OptionalLong ahead) {
    String model = "Model " + model(job);
    String why =
        switch (reason) {
          case "requests" -> model + " is at its requests per minute";
          case "tokens" -> model + " is at its tokens per minute";
          case "input_tokens" -> model + " is at its input tokens per minute";
          case "output_tokens" -> model + " is at its output tokens per minute";
          case "in_flight" -> model + " has as many calls in flight as it may";
          case LaneSnapshot.OWNER_IN_FLIGHT -> "You have as many calls in flight as you may";
          case LaneSnapshot.BUDGET -> "The budget is used up";
          case LaneSnapshot.PROVIDER_PAUSED ->
              "The provider asked for a pause"
                  + binding.flatMap(Binding::until).map(at -> " until " + shown(at)).orElse("");
          case LaneSnapshot.BREAKER_OPEN ->
              "The provider has been failing"
                  + binding.flatMap(Binding::since).map(at -> " since " + shown(at)).orElse("")
                  + binding.flatMap(Binding::errorCode).map(code -> " (" + code + ")").orElse("")
                  + " and is tried with single calls until it is back";
          default -> "It is about to start";
        };
    return why
        + (ahead.isEmpty()
            ? "."
            : ahead.getAsLong() == 0
                ? "; the job is next."
                : "; about " + ahead.getAsLong() + " jobs are before this one.");
  }

  private static String shown(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
