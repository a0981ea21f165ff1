package io.promptbeam.pipeline.llm;

/** How the answers of one endpoint look. Thread-safe. */
interface AnswerFormat {
  /** What {@code body} is. Runs once per call, so it builds no tree and decodes no long text. */
  AnswerVerdict check(byte[] body);

  /** For one streamed answer. */
  StreamAssembler assembler();
}
