package io.promptbeam.pipeline.llm;

import io.promptbeam.job.Usage;
import java.util.Optional;

/** What the bytes of an answer turned out to be. */
sealed interface AnswerVerdict {
  record Good(Usage usage, Optional<FinishReason> finishReason) implements AnswerVerdict {}

  /** The model or a filter would not answer; {@code why} is fixed text or a plain word. */
  record Refused(String why, Optional<Usage> usage) implements AnswerVerdict {}

  /** Well formed, but it says that the provider could not do it. */
  record ProviderFailed() implements AnswerVerdict {}

  /** An answer with nothing in it. */
  record Empty(Optional<String> finishReason, Optional<Usage> usage) implements AnswerVerdict {}

  /**
   * Not an answer.
   *
   * @param why fixed text, without any of the bytes
   * @param usage as far as it could be read
   */
  record Malformed(String why, Optional<Usage> usage) implements AnswerVerdict {}

  static Malformed notJson(Optional<Usage> usage) {
    return new Malformed("it is not a JSON object", usage);
  }
}
