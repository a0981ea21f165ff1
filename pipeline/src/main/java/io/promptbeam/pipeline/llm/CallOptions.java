package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * What is asked of one call beside its request.
 *
 * @param outputSchema JSON schema that the answer's text is to follow. The provider is asked for it
 *     in its own way, and may miss it: check the answer. Native requests say so themselves, and are
 *     sent as they are.
 * @param traceparent for the provider, where it may know of the trace
 */
public record CallOptions(Optional<ObjectNode> outputSchema, Optional<String> traceparent) {
  public static final CallOptions NONE = new CallOptions(Optional.empty());

  /** Those of which the provider hears of no trace. */
  public CallOptions(Optional<ObjectNode> outputSchema) {
    this(outputSchema, Optional.empty());
  }
}
