package io.promptbeam.pipeline.llm.simulated;

import java.util.LinkedHashMap;
import java.util.Map;

/** How often each request came. Forgets the ones not seen for longest. Thread-safe. */
final class Attempts {
  private static final int MAX_BODIES = 500_000;

  private final Map<Long, Integer> countByHash =
      new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
          return size() > MAX_BODIES;
        }
      };

  /** 1 when these bytes come for the first time. */
  synchronized int next(long bodyHash) {
    return countByHash.merge(bodyHash, 1, Integer::sum);
  }
}
