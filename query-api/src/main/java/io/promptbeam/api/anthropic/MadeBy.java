package io.promptbeam.api.anthropic;

import io.promptbeam.batch.BatchSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * What is noted with a batch at its creation, in its metadata: callers of this protocol give none.
 *
 * <p>Stored: do not change.
 */
final class MadeBy {
  private static final String REQUESTS = "promptbeam.requests";
  private static final String RETRY = "promptbeam.retry";

  private MadeBy() {}

  /**
   * @param requests how many its body held
   * @param isRetry whether it was made by a client's second try or a later one
   */
  static Map<String, String> metadata(int requests, boolean isRetry) {
    Map<String, String> noted = new HashMap<>();
    noted.put(REQUESTS, Integer.toString(requests));
    if (isRetry) {
      noted.put(RETRY, "true");
    }
    return noted;
  }

  /** Known from the start, while the lines are still being counted. */
  static int requests(BatchSpec spec, int ifNotNoted) {
    String noted = spec.metadata().get(REQUESTS);
    return noted == null ? ifNotNoted : Integer.parseInt(noted);
  }

  static boolean isByRetry(BatchSpec spec) {
    return spec.metadata().containsKey(RETRY);
  }
}
