package io.promptbeam.pipeline.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * A process that can crash and be paused at every step, on a machine with a clock of its own. What
 * is meant for an incarnation never reaches a later one.
 */
abstract class SimProcess {
  final Simulation sim;
  final World world;
  final String name;
  private final Clock clock = new MachineClock();
  private int incarnation;
  private boolean up;
  private long pausedUntilNanos;
  private long skewNanos;
  private int faults;
  private long crashedAtNanos = Long.MIN_VALUE;
  private long pauseEndedAtNanos = Long.MIN_VALUE;
  private long storeFailedAtNanos = Long.MIN_VALUE;

  SimProcess(Simulation sim, String name) {
    this.sim = sim;
    this.world = sim.world();
    this.name = name;
    drawSkew();
  }

  abstract void started();

  abstract void ended();

  final void start() {
    incarnation++;
    up = true;
    pausedUntilNanos = 0;
    world.note(label(), () -> "starts, clock off by " + Duration.ofNanos(skewNanos));
    started();
  }

  /** Gone, with everything it had in memory. */
  final void crash() {
    if (!up) {
      return;
    }
    world.note(label(), () -> "CRASHES");
    sim.totals().count("crashes");
    stop(world.between(Duration.ofMillis(500), Duration.ofSeconds(90)));
  }

  /** Ends this incarnation; the next starts after {@code downFor}. */
  final void stop(Duration downFor) {
    up = false;
    crashedAtNanos = world.nowNanos();
    ended();
    Duration least = sim.isKind() ? Duration.ofSeconds(2) : downFor;
    world.in(least, this::start);
  }

  final void pause(Duration howLong) {
    pausedUntilNanos = world.nowNanos() + howLong.toNanos();
    pauseEndedAtNanos = pausedUntilNanos;
    world.note(label(), () -> "PAUSES for " + howLong);
    sim.totals().count("pauses");
    pausedFor(howLong);
  }

  void pausedFor(Duration howLong) {}

  /** No more faults: whoever sleeps wakes up. */
  final void wake() {
    pausedUntilNanos = Math.min(pausedUntilNanos, world.nowNanos());
    pauseEndedAtNanos = Math.min(pauseEndedAtNanos, world.nowNanos());
  }

  final void drawSkew() {
    long most = sim.scenario().maxSkew().toNanos();
    skewNanos = most == 0 ? 0 : world.random().nextLong(-most, most + 1);
  }

  /** Runs {@code step} in incarnation {@code of}, unless that is gone by then. */
  final void step(int of, Runnable step) {
    if (!up || incarnation != of) {
      return;
    }
    if (world.nowNanos() < pausedUntilNanos) {
      world.in(pausedUntilNanos - world.nowNanos(), () -> step(of, step));
      return;
    }
    if (!sim.isKind() && faults < sim.scenario().faultsPerProcess()) {
      if (world.chance(sim.scenario().crashesPerStep())) {
        faults++;
        crash();
        return;
      }
      if (world.chance(sim.scenario().pausesPerStep())) {
        faults++;
        pause(world.between(Duration.ofMillis(50), Duration.ofMinutes(4)));
        world.in(pausedUntilNanos - world.nowNanos(), () -> step(of, step));
        return;
      }
    }
    step.run();
  }

  /** Runs {@code step} later, if this incarnation lives then. */
  final Runnable later(Duration wait, Runnable step) {
    int of = incarnation;
    return world.in(wait, () -> step(of, step));
  }

  final boolean isUp() {
    return up;
  }

  final boolean isPaused() {
    return world.nowNanos() < pausedUntilNanos;
  }

  final int incarnation() {
    return incarnation;
  }

  /** This incarnation's name. */
  final String label() {
    return name + "." + incarnation;
  }

  final Clock clock() {
    return clock;
  }

  final long skewNanos() {
    return skewNanos;
  }

  final void storeFailed() {
    storeFailedAtNanos = world.nowNanos();
  }

  final boolean diedSince(long nanos) {
    return crashedAtNanos >= nanos;
  }

  final boolean pausedSince(long nanos) {
    return pauseEndedAtNanos >= nanos;
  }

  final boolean storeFailedSince(long nanos) {
    return storeFailedAtNanos >= nanos;
  }

  private final class MachineClock extends Clock {
    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return world.now().plusNanos(skewNanos);
    }
  }
}
