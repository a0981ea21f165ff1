package io.promptbeam.pipeline.quota;

import io.promptbeam.pipeline.quota.HeldPositions.Range;
import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRow;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

/**
 * A quota that all workers keep together, by atomic operations on one row. Each worker draws
 * numbers in a line that comes due evenly; what it draws and does not use is lost to all, so it
 * draws only for calls that wait. Thread-safe; nothing blocks.
 *
 * <p>While the row cannot be reached, the worker keeps to its equal part of the limits, by the
 * workers last seen; one that never reached it starts nothing. A worker that is cut off alone is
 * taken for dead by the others, who then use its part, too: for so long all may use more than the
 * limit, by that part.
 */
public final class SharedQuota implements Quota {
  private static final long UNKNOWN_WAIT_NANOS = 1_000_000_000L;
  private static final long LEAST_WAIT_NANOS = 1_000_000L;

  /** A caller that was told to wait and has not come back that long after is not waiting. */
  private static final long STILL_WAITING_NANOS = 1_000_000_000L;

  private final String id;
  private final QuotaTime time;
  private final int localInFlight;
  private final RowLoop loop;
  private final Estimates estimates = new Estimates();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private QuotaLimits configured;
  private Optional<LocalShare> share = Optional.empty();
  private TokenAmount next = TokenAmount.NONE;
  private long expected = Long.MAX_VALUE;
  private boolean waiting;
  private long waitingUntilNanos;
  private int inFlight;
  private long pausedUntilNanos;
  private boolean toldFull;

  /**
   * A worker's view of a quota.
   *
   * @param id {@code model:ID} or {@code account:NAME}
   * @param worker unlike that of any other worker there ever is
   * @param limits as configured; newer ones in the row are followed
   * @param configuredAt when they were
   * @param localInFlight calls this worker makes at the same time, whatever the limits are
   */
  public SharedQuota(
      String id,
      QuotaRow row,
      String worker,
      QuotaLimits limits,
      Instant configuredAt,
      int localInFlight,
      QuotaTime time,
      RandomGenerator random) {
    this.id = id;
    this.time = time;
    this.localInFlight = localInFlight;
    this.configured = limits;
    this.waitingUntilNanos = time.nanoTime();
    this.pausedUntilNanos = waitingUntilNanos;
    this.loop =
        new RowLoop(
            row,
            worker,
            time,
            random,
            new Agreement.Configured(limits, configuredAt),
            this,
            new Demand());
  }

  /** Takes over limits that were configured later. */
  public synchronized void configure(QuotaLimits limits, Instant configuredAt) {
    configured = limits;
    loop.configure(new Agreement.Configured(limits, configuredAt));
  }

  @Override
  public void expect(long waitingCalls) {
    synchronized (this) {
      expected = waitingCalls;
    }
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public synchronized Acquisition tryAcquire(TokenAmount estimate, long nowNanos) {
    if (inFlight >= localInFlight) {
      return waitForRelease();
    }
    Optional<QuotaControl> control = loop.control();
    if (isUnlimited()) {
      return pausedUntilNanos - nowNanos > 0
          ? new Acquisition.Wait(pausedUntilNanos - nowNanos, Limit.PAUSED_BY_PROVIDER)
          : granted(estimate, new Charge(Map.of(), Map.of()), Map.of());
    }
    next = estimate;
    if (control.isEmpty()) {
      return wait(UNKNOWN_WAIT_NANOS, firstLimit(configured), nowNanos);
    }
    if (control.get().limits().maxInFlight().isPresent() && inFlight >= loop.held(nowNanos)) {
      toldFull = true;
      return wait(UNKNOWN_WAIT_NANOS, Limit.IN_FLIGHT, nowNanos);
    }
    Charge charge = charge(estimate);
    long earliest = loop.earliestMicros(nowNanos);
    if (control.get().atMicros() > earliest) {
      long wait = (control.get().atMicros() - earliest) * 1_000;
      return wait(wait, Limit.PAUSED_BY_PROVIDER, nowNanos);
    }
    Pace pace = loop.pace();
    pace.forfeit(loop.latestMicros(nowNanos));
    Pace.Due due = pace.due(charge);
    if (due.micros() == Pace.NOT_HELD) {
      return isFallback(nowNanos)
          ? ofShare(estimate, charge, nowNanos)
          : wait(
              loop.untilAskNanos(nowNanos) + UNKNOWN_WAIT_NANOS, Limit.of(due.binding()), nowNanos);
    }
    if (due.micros() > earliest) {
      return wait((due.micros() - earliest) * 1_000, Limit.of(due.binding()), nowNanos);
    }
    if (loop.isGrace(nowNanos) && share.isPresent()) {
      long shareAt = share.get().dueNanos();
      if (shareAt == LocalShare.NEVER || shareAt - nowNanos > 0) {
        long wait = shareAt == LocalShare.NEVER ? UNKNOWN_WAIT_NANOS : shareAt - nowNanos;
        return wait(wait, Limit.of(due.binding()), nowNanos);
      }
      share.get().take(charge, nowNanos);
    } else if (!loop.isUnreachable(nowNanos)) {
      share = Optional.empty();
    }
    Map<Dimension, List<Range>> taken = pace.take(charge);
    expected = expected == Long.MAX_VALUE ? expected : Math.max(0, expected - 1);
    if (expected > 0) {
      noteWaiting(0, nowNanos);
      loop.step();
    }
    return granted(estimate, charge, taken);
  }

  private boolean isUnlimited() {
    return loop.control().map(QuotaControl::limits).orElse(configured).isEmpty();
  }

  /** Without a limit there is no row to agree on a pause: each worker keeps to what it was told. */
  private void pauseHere(Duration pause, long nowNanos) {
    long until = nowNanos + pause.toNanos();
    if (until - pausedUntilNanos > 0) {
      pausedUntilNanos = until;
    }
  }

  private boolean isFallback(long nowNanos) {
    return loop.isUnreachable(nowNanos) && loop.mayFallBack(nowNanos);
  }

  private Acquisition ofShare(TokenAmount estimate, Charge charge, long nowNanos) {
    QuotaControl control = loop.control().orElseThrow();
    if (share.isEmpty()) {
      Crew crew = loop.crew();
      double factor = Timeline.factorAt(control, loop.earliestMicros(nowNanos));
      share =
          Optional.of(new LocalShare(control.limits(), crew.seen(), crew.rank(), factor, nowNanos));
    }
    long due = share.get().dueNanos();
    if (due == LocalShare.NEVER || due - nowNanos > 0) {
      long wait = due == LocalShare.NEVER ? UNKNOWN_WAIT_NANOS : due - nowNanos;
      return wait(Math.min(wait, UNKNOWN_WAIT_NANOS), firstLimit(control.limits()), nowNanos);
    }
    share.get().take(charge, nowNanos);
    return granted(estimate, charge, Map.of());
  }

  private Acquisition granted(
      TokenAmount estimate, Charge charge, Map<Dimension, List<Range>> taken) {
    inFlight++;
    charge.positions().keySet().forEach(dimension -> estimates.taken(dimension, estimate));
    return new Acquisition.Granted(new SharedPermit(estimate, charge, taken));
  }

  private Acquisition waitForRelease() {
    toldFull = true;
    return new Acquisition.Wait(Long.MAX_VALUE, Limit.IN_FLIGHT);
  }

  private Acquisition wait(long nanos, Limit limit, long nowNanos) {
    long wait = Math.max(LEAST_WAIT_NANOS, nanos);
    noteWaiting(wait, nowNanos);
    loop.step();
    return new Acquisition.Wait(wait, limit);
  }

  private void noteWaiting(long waitNanos, long nowNanos) {
    waiting = true;
    waitingUntilNanos = nowNanos + waitNanos + STILL_WAITING_NANOS;
  }

  private Charge charge(TokenAmount estimate) {
    Map<Dimension, Long> positions = new EnumMap<>(Dimension.class);
    Map<Dimension, Double> units = new EnumMap<>(Dimension.class);
    for (Dimension dimension : loop.pace().timelines().keySet()) {
      long most = aMinuteOf(dimension);
      positions.put(dimension, Math.min(most, estimates.charge(dimension, estimate)));
      units.put(dimension, estimates.expected(dimension, estimate));
    }
    return new Charge(positions, units);
  }

  /** No call draws more, however wrong its estimate: the line is everybody's. */
  private long aMinuteOf(Dimension dimension) {
    QuotaLimits limits = loop.control().map(QuotaControl::limits).orElse(configured);
    long limit = limits.perMinute().getOrDefault(dimension, 1L);
    return Math.max(1, limit * dimension.positionsPerUnit());
  }

  private static Limit firstLimit(QuotaLimits limits) {
    return limits.perMinute().keySet().stream().findFirst().map(Limit::of).orElse(Limit.IN_FLIGHT);
  }

  @Override
  public synchronized void hint(RateHint hint, long nowNanos) {
    if (isUnlimited()) {
      pauseHere(hint.until(1), nowNanos);
      return;
    }
    if (loop.control().isEmpty()) {
      return;
    }
    long needed = 1;
    if (hint.dimension() != RateHint.Dimension.REQUESTS) {
      Dimension dimension = Dimension.valueOf(hint.dimension().name());
      needed = estimates.usualCharge(dimension, 1) / dimension.positionsPerUnit();
    }
    Duration pause = hint.until(Math.max(1, needed));
    if (!pause.isZero()) {
      loop.ask(new Agreement.Request(pause, false));
    }
  }

  @Override
  public synchronized QuotaState state() {
    long now = time.nanoTime();
    Optional<QuotaControl> control = loop.control();
    Map<Dimension, Duration> ahead = new EnumMap<>(Dimension.class);
    loop.aheadMicros(now)
        .forEach((dimension, micros) -> ahead.put(dimension, Duration.ofNanos(micros * 1_000)));
    long micros = loop.earliestMicros(now);
    return new QuotaState(
        id,
        control.map(QuotaControl::limits).orElse(configured),
        inFlight,
        ahead,
        control.map(c -> Timeline.factorAt(c, micros)).orElse(1.0),
        control.filter(c -> c.atMicros() > micros).flatMap(QuotaControl::pausedUntil),
        loop.crew().seen(),
        isFallback(now));
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }

  /** What the loop is to reserve for. */
  private final class Demand implements RowLoop.Owner {
    @Override
    public int inFlight() {
      return inFlight;
    }

    @Override
    public Charge next() {
      return charge(next);
    }

    @Override
    public Charge usual() {
      Map<Dimension, Long> positions = new EnumMap<>(Dimension.class);
      for (Dimension dimension : loop.pace().timelines().keySet()) {
        long first = Math.max(1, estimates.charge(dimension, next));
        positions.put(dimension, estimates.usualCharge(dimension, first));
      }
      return new Charge(positions, Map.of());
    }

    @Override
    public long waiting(long nowNanos) {
      waiting &= waitingUntilNanos - nowNanos > 0;
      return waiting ? expected : 0;
    }

    @Override
    public void changed() {
      boolean waits;
      synchronized (SharedQuota.this) {
        waits = waiting;
      }
      if (waits) {
        tell();
      }
    }
  }

  private final class SharedPermit implements Permit {
    private final TokenAmount estimate;
    private final Charge charge;
    private final Map<Dimension, List<Range>> taken;
    private boolean released;

    SharedPermit(TokenAmount estimate, Charge charge, Map<Dimension, List<Range>> taken) {
      this.estimate = estimate;
      this.charge = charge;
      this.taken = taken;
    }

    @Override
    public void succeeded(TokenAmount used, long nowNanos) {
      release(
          () -> {
            charge
                .expected()
                .forEach((dimension, units) -> estimates.settle(dimension, units, used));
            if (used.total() > 0) {
              estimates.learn(estimate, used);
            }
          });
    }

    @Override
    public void spent(long nowNanos) {
      release(() -> {});
    }

    @Override
    public void ignored(long nowNanos) {
      release(
          () -> {
            charge
                .expected()
                .forEach(
                    (dimension, units) ->
                        estimates.givenBack(dimension, units, charge.of(dimension)));
            loop.pace().giveBack(taken);
          });
    }

    @Override
    public void throttled(Duration pauseFor, long nowNanos) {
      release(
          () -> {
            if (isUnlimited()) {
              pauseHere(pauseFor, nowNanos);
            } else if (loop.control().isPresent()) {
              loop.ask(new Agreement.Request(pauseFor, true));
            }
          });
    }

    private void release(Runnable settle) {
      boolean told;
      synchronized (SharedQuota.this) {
        if (released) {
          throw new IllegalStateException("a permit is released exactly once");
        }
        released = true;
        inFlight--;
        settle.run();
        told = toldFull;
        toldFull = false;
      }
      if (told) {
        tell();
      }
    }
  }
}
