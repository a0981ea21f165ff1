package io.promptbeam.store.quota;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What all workers together may do with one quota.
 *
 * @param perMinute of each dimension that is limited, 1 or more
 * @param maxInFlight calls at the same time, 1 or more; empty without such a limit
 */
public record QuotaLimits(Map<Dimension, Long> perMinute, OptionalLong maxInFlight) {
  public static final QuotaLimits NONE = new QuotaLimits(Map.of(), OptionalLong.empty());

  public QuotaLimits {
    EnumMap<Dimension, Long> ordered = new EnumMap<>(Dimension.class);
    ordered.putAll(perMinute);
    perMinute = Collections.unmodifiableMap(ordered);
    if (perMinute.values().stream().anyMatch(limit -> limit < 1) || maxInFlight.orElse(1) < 1) {
      throw new IllegalArgumentException("limits must be at least 1");
    }
  }

  public boolean isEmpty() {
    return perMinute.isEmpty() && maxInFlight.isEmpty();
  }
}
