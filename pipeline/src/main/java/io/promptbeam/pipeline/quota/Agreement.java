package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import io.promptbeam.store.quota.QuotaControl;
import io.promptbeam.store.quota.QuotaLimits;
import io.promptbeam.store.quota.QuotaRow;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** What the workers agree on next: pure arithmetic. */
final class Agreement {
  private static final double CUT = 0.7;
  private static final double LEAST_FACTOR = 0.05;

  /** One cut per crowd of refused calls, whoever hears of them. */
  private static final long CUT_EVERY_MICROS = 1_000_000;

  /**
   * What a provider asks for.
   *
   * @param pause no call for so long
   * @param cut whether it threw a call back
   */
  record Request(Duration pause, boolean cut) {
    Request and(Request other) {
      return new Request(pause.compareTo(other.pause) > 0 ? pause : other.pause, cut || other.cut);
    }
  }

  /**
   * What a file says.
   *
   * @param at when it was written
   */
  record Configured(QuotaLimits limits, Instant at) {}

  private Agreement() {}

  /** What to write, if anything. */
  static Optional<QuotaControl> next(
      QuotaRow.View view, Configured configured, Optional<Request> request, long nowMicros) {
    if (view.control().isEmpty()) {
      return Optional.of(
          new QuotaControl(
              configured.limits(),
              configured.at(),
              nowMicros,
              anchors(configured.limits(), Map.of(), view),
              1,
              Optional.empty()));
    }
    QuotaControl base = view.control().get();
    boolean newer =
        configured.at().isAfter(base.configuredAt()) && !configured.limits().equals(base.limits());
    if (!newer && request.isEmpty()) {
      return Optional.empty();
    }
    QuotaLimits limits = newer ? configured.limits() : base.limits();
    Instant configuredAt = newer ? configured.at() : base.configuredAt();
    Duration pause = request.map(Request::pause).orElse(Duration.ZERO);
    long pausedMicros = nowMicros + pause.toNanos() / 1_000;
    if (base.atMicros() > nowMicros) {
      // A pause is on; it may only become longer.
      if (!newer && pausedMicros <= base.atMicros()) {
        return Optional.empty();
      }
      long at = Math.max(base.atMicros(), pausedMicros);
      return Optional.of(
          new QuotaControl(
              limits,
              configuredAt,
              at,
              anchors(limits, base.anchors(), view),
              base.factor(),
              Optional.of(instant(at))));
    }
    boolean cut =
        request.map(Request::cut).orElse(false)
            && (base.factor() >= 1 || nowMicros - base.atMicros() >= CUT_EVERY_MICROS);
    if (!newer && !cut && pause.isZero()) {
      return Optional.empty();
    }
    double factor = Timeline.factorAt(base, nowMicros);
    Map<Dimension, Long> due = new EnumMap<>(Dimension.class);
    base.limits()
        .perMinute()
        .forEach(
            (dimension, limit) ->
                due.put(dimension, Timeline.of(dimension, limit, base).positionAt(nowMicros)));
    return Optional.of(
        new QuotaControl(
            limits,
            configuredAt,
            pausedMicros,
            anchors(limits, due, view),
            cut ? Math.max(LEAST_FACTOR, factor * CUT) : factor,
            pause.isZero() ? base.pausedUntil() : Optional.of(instant(pausedMicros))));
  }

  private static Map<Dimension, Long> anchors(
      QuotaLimits limits, Map<Dimension, Long> known, QuotaRow.View view) {
    Map<Dimension, Long> anchors = new EnumMap<>(Dimension.class);
    for (Dimension dimension : limits.perMinute().keySet()) {
      long counter = view.counters().getOrDefault(dimension, 0L);
      anchors.put(dimension, known.getOrDefault(dimension, counter));
    }
    return anchors;
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plusNanos(Math.multiplyExact(micros, 1_000L));
  }
}
