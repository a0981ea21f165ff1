package io.promptbeam.pipeline.quota;

import io.promptbeam.outage.SparseWarning;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRow;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's conversation with a quota's row: one request at a time, and none while nobody waits
 * or calls. Everything but its own steps is called under the lock of its quota, which its steps
 * take, too.
 */
final class RowLoop {
  private static final Logger LOG = LoggerFactory.getLogger(RowLoop.class);
  private static final SparseWarning UNREACHABLE = new SparseWarning(LOG);

  /** Without an answer for so long, the row counts as unreachable. */
  static final long PATIENCE_NANOS = 1_000_000_000L;

  private static final long FIRST_RETRY_NANOS = 10_000_000L;
  private static final long MAX_RETRY_NANOS = 250_000_000L;

  /** So long after an outage, others may still keep to their share of before. */
  private static final long GRACE_NANOS = 2_000_000_000L;

  private static final long LEAST_VIEW_NANOS = 1_000_000_000L;
  private static final long VIEW_NANOS_PER_WORKER = 30_000_000L;

  /** Looked at for fallback: an older view says too little about who else there is. */
  private static final long VIEW_VALID_NANOS = 90_000_000_000L;

  /** Who asks, and what for. */
  interface Owner {
    /** Calls of this worker that have not ended. */
    int inFlight();

    /** What the first call that waits takes. */
    Charge next();

    /** What calls usually take; at least one position wherever a limit is. */
    Charge usual();

    /** Calls that wait; 0 when nobody does any more. */
    long waiting(long nowNanos);

    /** Something has changed for those who wait. Called without the lock. */
    void changed();
  }

  private final QuotaRow row;
  private final String worker;
  private final QuotaTime time;
  private final RandomGenerator random;
  private final Object lock;
  private final Owner owner;
  private final Reservations reservations;
  private final ServerClock clock = new ServerClock();
  private final Pace pace = new Pace();
  private final InFlightHold hold = new InFlightHold();

  private Agreement.Configured configured;
  private Optional<QuotaControl> control = Optional.empty();
  private Optional<Agreement.Request> request = Optional.empty();
  private long generation;
  private boolean outdated = true;
  private boolean unwritten = true;
  private Crew crew = Crew.ALONE;
  private final Map<Dimension, Long> ends = new EnumMap<>(Dimension.class);

  private boolean busy;
  private long number;
  private boolean stepScheduled;
  private long stepAtNanos;
  private boolean clockKnown;
  private long unansweredSinceNanos;
  private boolean unanswered;
  private long retryAtNanos;
  private long retryNanos = FIRST_RETRY_NANOS;
  private long beatAtNanos;
  private long viewAtNanos;
  private boolean viewed;
  private long graceUntilNanos;
  private long holdAtNanos;

  RowLoop(
      QuotaRow row,
      String worker,
      QuotaTime time,
      RandomGenerator random,
      Agreement.Configured configured,
      Object lock,
      Owner owner) {
    this.row = row;
    this.worker = worker;
    this.time = time;
    this.random = random;
    this.configured = configured;
    this.lock = lock;
    this.owner = owner;
    long now = time.nanoTime();
    retryAtNanos = now;
    graceUntilNanos = now;
    holdAtNanos = now;
    reservations = new Reservations(this, row, worker, owner, lock, new AskPolicy(random), now);
  }

  // What the quota and the reservations ask, under the lock.

  long nowNanos() {
    return time.nanoTime();
  }

  Optional<QuotaControl> control() {
    return control;
  }

  Pace pace() {
    return pace;
  }

  Crew crew() {
    return crew;
  }

  long earliestMicros(long nowNanos) {
    return clock.earliestMicros(nowNanos);
  }

  long latestMicros(long nowNanos) {
    return clock.latestMicros(nowNanos);
  }

  /** Whether the row has not answered for a while. */
  boolean isUnreachable(long nowNanos) {
    return unanswered && nowNanos - unansweredSinceNanos > PATIENCE_NANOS;
  }

  /** Whether it is known well enough who else there is to take a share. */
  boolean mayFallBack(long nowNanos) {
    return control.isPresent() && viewed && nowNanos - viewAtNanos < VIEW_VALID_NANOS;
  }

  /** Whether others may not have noticed yet that the row is back. */
  boolean isGrace(long nowNanos) {
    return nowNanos - graceUntilNanos < 0;
  }

  /** How many calls at the same time are this worker's. */
  long held(long nowNanos) {
    long age = (nowNanos - beatAtNanos) / 1_000;
    // Half a second before the others count it for dead and take what it holds.
    boolean safe = age < Crew.deadMicros(crew.seen()) - 500_000;
    long share = control.map(c -> c.limits().maxInFlight().orElse(0) / crew.seen()).orElse(0L);
    return safe ? hold.held() : Math.min(hold.held(), share);
  }

  /** How far ahead of now each dimension was given away when it was last looked at. */
  Map<Dimension, Long> aheadMicros(long nowNanos) {
    Map<Dimension, Long> ahead = new EnumMap<>(Dimension.class);
    long earliest = clock.earliestMicros(nowNanos);
    pace.timelines()
        .forEach(
            (dimension, timeline) -> {
              long end = ends.getOrDefault(dimension, timeline.anchor());
              ahead.put(dimension, Math.max(0, timeline.timeOf(end) - earliest));
            });
    return ahead;
  }

  long untilAskNanos(long nowNanos) {
    return Math.max(0, Math.max(reservations.notBeforeNanos(), retryAtNanos) - nowNanos);
  }

  void configure(Agreement.Configured next) {
    if (next.at().isAfter(configured.at())) {
      configured = next;
      unwritten = true;
      step();
    }
  }

  void ask(Agreement.Request more) {
    request = Optional.of(request.map(more::and).orElse(more));
    step();
  }

  /** Looks soon whether the row should be asked something. */
  void step() {
    stepIn(0);
  }

  private void stepIn(long nanos) {
    long at = time.nanoTime() + nanos;
    if (stepScheduled && stepAtNanos - at <= 0) {
      return;
    }
    stepScheduled = true;
    stepAtNanos = at;
    time.after(Duration.ofNanos(nanos), () -> run(at));
  }

  private void run(long at) {
    Supplier<CompletableFuture<?>> request;
    long mine;
    synchronized (lock) {
      if (!stepScheduled || stepAtNanos != at) {
        return;
      }
      stepScheduled = false;
      long now = time.nanoTime();
      Optional<Supplier<CompletableFuture<?>>> chosen = busy ? Optional.empty() : choose(now);
      if (chosen.isEmpty()) {
        return;
      }
      busy = true;
      mine = ++number;
      request = chosen.get();
      if (!unanswered) {
        unanswered = true;
        unansweredSinceNanos = now;
      }
    }
    CompletableFuture<?> answer;
    try {
      answer = request.get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    time.after(Duration.ofNanos(PATIENCE_NANOS), () -> ended(mine, Optional.of("no answer")));
    var unused =
        answer.whenComplete(
            (done, failure) ->
                ended(mine, Optional.ofNullable(failure).map(SparseWarning::reason)));
  }

  private void ended(long which, Optional<String> failure) {
    synchronized (lock) {
      if (which == number && busy) {
        busy = false;
        if (failure.isPresent()) {
          retryNanos = Math.min(MAX_RETRY_NANOS, retryNanos * 2);
          retryAtNanos = time.nanoTime() + retryNanos;
        }
        step();
      } else if (failure.isPresent()) {
        return;
      }
    }
    failure.ifPresent(why -> UNREACHABLE.warn(() -> "a quota's row is not answering: " + why));
    owner.changed();
  }

  /** What to ask the row now; schedules the next look when it is nothing. */
  private Optional<Supplier<CompletableFuture<?>>> choose(long now) {
    long waiting = owner.waiting(now);
    boolean active = waiting > 0 || owner.inFlight() > 0;
    if (!active && request.isEmpty() && (!unwritten || control.isEmpty())) {
      return Optional.empty();
    }
    if (retryAtNanos - now > 0) {
      stepIn(retryAtNanos - now);
      return Optional.empty();
    }
    if (!clockKnown) {
      return Optional.of(this::beat);
    }
    if (unwritten || request.isPresent()) {
      return Optional.of(this::agree);
    }
    if (outdated || !viewed) {
      return Optional.of(this::look);
    }
    long next = Math.min(viewAtNanos + viewNanos(), beatAtNanos + beatNanos());
    if (control.orElseThrow().limits().maxInFlight().isPresent()
        && hold.wantsChange(owner.inFlight(), waiting, now)) {
      if (holdAtNanos - now <= 0) {
        return Optional.of(this::changeHold);
      }
      next = Math.min(next, holdAtNanos);
    }
    if (waiting > 0 && !pace.timelines().isEmpty()) {
      pace.forfeit(clock.latestMicros(now));
      long askAt = reservations.dueNanos(waiting, now);
      if (askAt - now <= 0) {
        return Optional.of(reservations::reserve);
      }
      next = Math.min(next, askAt);
    }
    if (viewAtNanos + viewNanos() - now <= 0) {
      return Optional.of(this::look);
    }
    if (beatAtNanos + beatNanos() - now <= 0) {
      return Optional.of(this::beat);
    }
    stepIn(next - now);
    return Optional.empty();
  }

  private long viewNanos() {
    return Math.max(LEAST_VIEW_NANOS, crew.active() * VIEW_NANOS_PER_WORKER);
  }

  private long beatNanos() {
    return Crew.beatMicros(crew.active()) * 1_000;
  }

  // Requests. Each takes the lock for whatever it does with its answer.

  private CompletableFuture<?> beat() {
    long sent = time.nanoTime();
    return row.reserve(worker, Map.of()).thenApply(locked(answer -> answered(answer, sent)));
  }

  /** Every answer says something of the clock and of the lines; under the lock. */
  QuotaRow.Reserved answered(QuotaRow.Reserved answer, long sentNanos) {
    long now = time.nanoTime();
    clock.answered(sentNanos, now, answer.serverMicros());
    clockKnown = true;
    heard(now);
    beatAtNanos = now;
    ends.putAll(answer.ends());
    if (answer.generation() != generation) {
      outdated = true;
    }
    return answer;
  }

  private void heard(long now) {
    if (isUnreachable(now)) {
      graceUntilNanos = now + GRACE_NANOS;
    }
    unanswered = false;
    retryNanos = FIRST_RETRY_NANOS;
  }

  private CompletableFuture<?> look() {
    return row.read().thenApply(locked(this::saw));
  }

  private QuotaRow.View saw(QuotaRow.View view) {
    long now = time.nanoTime();
    heard(now);
    viewed = true;
    viewAtNanos = now;
    crew = Crew.of(view.workers(), worker, clock.earliestMicros(now));
    if (view.control().isEmpty()) {
      unwritten = true;
    } else if (view.generation() >= generation) {
      follow(view.control().get(), view.generation());
    }
    control
        .map(QuotaControl::limits)
        .flatMap(RowLoop::inFlightLimit)
        .ifPresent(limit -> hold.saw(view, worker, crew.dead(), limit, crew.active()));
    if (!crew.gone().isEmpty()) {
      var unused = row.forget(crew.gone());
    }
    return view;
  }

  private void follow(QuotaControl next, long of) {
    control = Optional.of(next);
    generation = of;
    outdated = false;
    pace.follow(next);
  }

  private static Optional<Long> inFlightLimit(QuotaLimits limits) {
    return limits.maxInFlight().isPresent()
        ? Optional.of(limits.maxInFlight().getAsLong())
        : Optional.empty();
  }

  /** Writes what is configured or asked for, on top of what the others have written. */
  private CompletableFuture<?> agree() {
    return row.read()
        .thenApply(locked(this::saw))
        .thenCompose(
            view -> {
              Optional<QuotaControl> next;
              Optional<Agreement.Request> asked;
              Agreement.Configured meant;
              synchronized (lock) {
                asked = request;
                meant = configured;
                long now = clock.latestMicros(time.nanoTime());
                next = Agreement.next(view, configured, request, now);
                if (next.isEmpty()) {
                  written(meant, asked);
                  return CompletableFuture.completedFuture(false);
                }
              }
              return row.writeControl(view.generation(), next.get())
                  .thenApply(
                      locked(
                          done -> {
                            if (done) {
                              follow(next.get(), view.generation() + 1);
                              written(meant, asked);
                            }
                            return done;
                          }));
            });
  }

  /** What came in while it was being written is still to do. */
  private void written(Agreement.Configured meant, Optional<Agreement.Request> asked) {
    unwritten = !meant.equals(configured);
    request = request.filter(now -> !asked.equals(Optional.of(now)));
  }

  private CompletableFuture<?> changeHold() {
    return row.read()
        .thenApply(locked(this::saw))
        .thenCompose(
            view -> {
              long target;
              synchronized (lock) {
                long now = time.nanoTime();
                Optional<Long> limit = inFlightLimit(control.orElseThrow().limits());
                if (limit.isEmpty()) {
                  return CompletableFuture.completedFuture(false);
                }
                long free = hold.free(view, worker, crew.dead(), limit.get());
                target = hold.target(owner.inFlight(), owner.waiting(now), free, now);
                // Others take, too: a step that came to nothing is tried again by chance.
                long wait = (long) (20e6 * (0.5 + random.nextDouble()) * crew.active());
                holdAtNanos = now + Math.min(wait, 500_000_000L);
                if (target == hold.held()) {
                  return CompletableFuture.completedFuture(false);
                }
                hold.writing(target);
              }
              return row.hold(worker, target, crew.dead(), view.holdsVersion())
                  .thenApply(
                      locked(
                          done -> {
                            if (done) {
                              hold.written(target);
                              holdAtNanos = time.nanoTime();
                            }
                            return done;
                          }));
            });
  }

  <A, B> Function<A, B> locked(Function<A, B> step) {
    return value -> {
      synchronized (lock) {
        return step.apply(value);
      }
    };
  }
}
