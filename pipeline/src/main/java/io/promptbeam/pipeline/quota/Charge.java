package io.promptbeam.pipeline.quota;

import io.promptbeam.store.quota.Dimension;
import java.util.Map;

/**
 * What one call takes out of a quota.
 *
 * @param positions of each limited dimension, 0 or more
 * @param expected what the call should use, in units, before earlier calls are settled
 */
record Charge(Map<Dimension, Long> positions, Map<Dimension, Double> expected) {
  long of(Dimension dimension) {
    return positions.getOrDefault(dimension, 0L);
  }
}
