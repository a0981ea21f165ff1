package io.promptbeam.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;

/**
 * What a submission asks for beside its call.
 *
 * @param cacheMaxAge an earlier answer to the same request may serve, if it is no older
 * @param outputSchema the JSON Schema that the answer's text must meet. Not to be modified.
 */
public record JobOptions(Optional<Duration> cacheMaxAge, Optional<ObjectNode> outputSchema) {
  public static final JobOptions NONE = new JobOptions(Optional.empty(), Optional.empty());
}
