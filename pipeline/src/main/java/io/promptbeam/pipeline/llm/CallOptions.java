package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * What is asked of one call beside its request.
 *
 * @param outputSchema JSON schema that the answer's text is to follow. The provider is asked for it
 *     in its own way, and may miss it: check the answer. Native requests say so themselves, and are
 *     sent as they are.
 */
public record CallOptions(Optional<ObjectNode> outputSchema) {
  public static final CallOptions NONE = new CallOptions(Optional.empty());
}
