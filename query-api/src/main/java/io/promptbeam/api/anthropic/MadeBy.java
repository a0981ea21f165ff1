package io.promptbeam.api.anthropic;

import io.promptbeam.batch.BatchSpec;
import java.util.Map;

/**
 * What is noted with a batch at its creation, in its metadata: callers of this protocol give none.
 *
 * <p>Stored: do not change.
 */
final class MadeBy {
  private static final String REQUESTS = "promptbeam.requests";

  private MadeBy() {}

  /**
   * @param requests how many its body held
   */
  static Map<String, String> metadata(int requests) {
    return Map.of(REQUESTS, Integer.toString(requests));
  }

  /** Known from the start, while the lines are still being counted. */
  static int requests(BatchSpec spec, int ifNotNoted) {
    String noted = spec.metadata().get(REQUESTS);
    return noted == null ? ifNotNoted : Integer.parseInt(noted);
  }
}
