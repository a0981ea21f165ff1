package io.promptbeam.store.quota;

import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the workers have agreed on: from {@code atMicros} on, the positions of each dimension come
 * due one after another, beginning with its anchor, at the limit's rate times the factor.
 *
 * @param configuredAt when these limits were configured; newer ones replace them
 * @param atMicros server time, microseconds since the epoch
 * @param anchors per limited dimension the position that is due at {@code atMicros}
 * @param factor at {@code atMicros}, above 0 and up to 1; it recovers with time
 * @param pausedUntil when a pause that the provider asked for ends; may be long past
 */
public record QuotaControl(
    QuotaLimits limits,
    Instant configuredAt,
    long atMicros,
    Map<Dimension, Long> anchors,
    double factor,
    Optional<Instant> pausedUntil) {
  public QuotaControl {
    EnumMap<Dimension, Long> ordered = new EnumMap<>(Dimension.class);
    ordered.putAll(anchors);
    anchors = Collections.unmodifiableMap(ordered);
    if (!anchors.keySet().containsAll(limits.perMinute().keySet())) {
      throw new IllegalArgumentException("every limited dimension has an anchor");
    }
    if (!(factor > 0 && factor <= 1)) {
      throw new IllegalArgumentException("the factor is above 0 and at most 1");
    }
  }
}
