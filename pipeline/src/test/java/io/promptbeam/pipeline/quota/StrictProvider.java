package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaLimits;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the calls that start: as a provider with a bucket of one second, or one request, and in
 * every window of a minute. Tokens may exceed both by the largest call.
 */
final class StrictProvider {
  private static final long MINUTE = 60 * QuotaWorld.SECOND;

  private record Start(long atNanos, double units) {}

  private static final class Counter {
    private final double limit;
    private final double slack;
    private final double capacity;
    private final Deque<Start> window = new ArrayDeque<>();
    private final List<Start> all = new ArrayList<>();
    private double inWindow;
    private double level;
    private long levelAtNanos;
    private int overBucket;
    private double mostInWindow;

    Counter(double limit, double slack, long nowNanos) {
      this.limit = limit;
      this.slack = slack;
      capacity = Math.max(1, limit / 60) + slack;
      level = capacity;
      levelAtNanos = nowNanos;
    }

    void start(long now, double units) {
      level = Math.min(capacity, level + (double) (now - levelAtNanos) * limit / MINUTE);
      levelAtNanos = now;
      level -= units;
      if (level < -1e-6) {
        overBucket++;
        level += units;
      }
      window.addLast(new Start(now, units));
      all.add(new Start(now, units));
      inWindow += units;
      while (now - window.getFirst().atNanos() >= MINUTE) {
        inWindow -= window.removeFirst().units();
      }
      mostInWindow = Math.max(mostInWindow, inWindow);
    }

    double use(long from, long to) {
      double used =
          all.stream()
              .filter(s -> s.atNanos() >= from && s.atNanos() < to)
              .mapToDouble(Start::units)
              .sum();
      return used / (limit * (double) (to - from) / MINUTE);
    }

    /** From the first start to the last, for rates at which seconds are too short to count in. */
    double evenUse() {
      double used = all.stream().skip(1).mapToDouble(Start::units).sum();
      long took = all.get(all.size() - 1).atNanos() - all.get(0).atNanos();
      return used / (limit * (double) took / MINUTE);
    }
  }

  private final Map<Dimension, Counter> counters = new EnumMap<>(Dimension.class);

  StrictProvider(QuotaLimits limits, double largestCall, long nowNanos) {
    limits
        .perMinute()
        .forEach(
            (dimension, limit) -> {
              double slack = dimension == Dimension.REQUESTS ? 0 : largestCall;
              counters.put(dimension, new Counter((double) limit, slack, nowNanos));
            });
  }

  void starts(TokenAmount used, long now) {
    counters.forEach(
        (dimension, counter) ->
            counter.start(
                now,
                switch (dimension) {
                  case REQUESTS -> 1;
                  case TOKENS -> (double) used.total();
                  case INPUT_TOKENS -> (double) used.input();
                  case OUTPUT_TOKENS -> (double) used.output();
                }));
  }

  /** Calls a provider with a bucket would have refused. */
  int refused() {
    return counters.values().stream().mapToInt(counter -> counter.overBucket).sum();
  }

  /** The fullest minute, as part of what is allowed. */
  double fullestMinute() {
    return counters.values().stream()
        .mapToDouble(c -> c.mostInWindow / (c.limit + c.slack))
        .max()
        .orElse(0);
  }

  /** Of the dimension that is used most. */
  double use(Duration from, Duration to) {
    return counters.values().stream()
        .mapToDouble(c -> c.use(from.toNanos(), to.toNanos()))
        .max()
        .orElse(0);
  }

  double evenUse() {
    return counters.values().stream().mapToDouble(Counter::evenUse).max().orElse(0);
  }

  int starts() {
    return counters.values().stream().mapToInt(c -> c.all.size()).max().orElse(0);
  }
}
