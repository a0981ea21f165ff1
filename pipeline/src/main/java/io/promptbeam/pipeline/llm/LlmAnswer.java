package io.promptbeam.pipeline.llm;

import io.promptbeam.job.Usage;

/**
 * A provider's answer to one call.
 *
 * @param body the provider's JSON in UTF-8, checked to be an answer. Not to be modified.
 * @param usage as the provider reported it; {@link Usage#NONE} where it reports none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per call would be waste
public record LlmAnswer(byte[] body, Usage usage) {}
