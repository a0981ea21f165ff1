package io.promptbeam.api.batches;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.BatchSpec;
import io.promptbeam.job.Job;
import java.util.Map;

/** How a protocol shows batches and their lines. Pure, thread-safe. */
public interface ProtocolForm {
  /**
   * The batch as the protocol's clients know it.
   *
   * @param origin of this server, as the caller names it
   */
  ObjectNode batch(BatchState state, String origin, Outlook outlook);

  /**
   * What became of {@code line}.
   *
   * @param line with its result, where it completed
   * @param endpoint of its batch
   */
  LineAnswer line(Job line, String endpoint);

  /** The field of an input line that holds the request's body. */
  String bodyField();

  /**
   * What is noted with a batch that repeats lines of {@code of}.
   *
   * @param lines how many
   */
  Map<String, String> retryMetadata(BatchSpec of, int lines);
}
