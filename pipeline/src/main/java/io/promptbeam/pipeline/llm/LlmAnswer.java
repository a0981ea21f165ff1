package io.promptbeam.pipeline.llm;

import io.promptbeam.job.Usage;
import io.promptbeam.pipeline.quota.RateHint;
import java.util.List;
import java.util.Optional;

/**
 * A provider's answer to one call.
 *
 * @param body the provider's JSON in UTF-8, checked to be an answer. Not to be modified.
 * @param usage as the provider reported it; {@link Usage#NONE} where it reports none
 * @param finishReason of the first choice; empty where the provider has none, as for embeddings
 * @param rateHints what the provider said about its limits; often empty
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
public record LlmAnswer(
    byte[] body, Usage usage, Optional<FinishReason> finishReason, List<RateHint> rateHints) {

  /** An answer without finish reason and hints. */
  public LlmAnswer(byte[] body, Usage usage) {
    this(body, usage, Optional.empty(), List.of());
  }
}
