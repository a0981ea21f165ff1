package io.promptbeam.pipeline.llm;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The calls of the OpenAI API that answer at once, and so can be jobs. */
enum OpenAiEndpoint implements AnswerFormat {
  CHAT_COMPLETIONS("/v1/chat/completions", "choices"),
  RESPONSES("/v1/responses", "output"),
  EMBEDDINGS("/v1/embeddings", "data"),
  COMPLETIONS("/v1/completions", "choices");

  private static final String VERSION = "/v1";

  private final String path;
  private final String answerList;

  OpenAiEndpoint(String path, String answerList) {
    this.path = path;
    this.answerList = answerList;
  }

  /** As jobs name it. */
  String path() {
    return path;
  }

  /** Below a base URL, which carries the version itself. */
  String pathBelowBase() {
    return path.substring(VERSION.length());
  }

  /** The list at the top of an answer that holds what was asked for. */
  String answerList() {
    return answerList;
  }

  /** Whether its answers can come in pieces. */
  boolean streams() {
    return this != EMBEDDINGS;
  }

  @Override
  public AnswerVerdict check(byte[] body) {
    return OpenAiAnswer.check(body, this, Json.MAPPER.getFactory());
  }

  @Override
  public StreamAssembler assembler() {
    return this == RESPONSES ? new OpenAiResponseStream() : new OpenAiStream();
  }

  static Optional<OpenAiEndpoint> parse(String path) {
    return Arrays.stream(values()).filter(endpoint -> endpoint.path.equals(path)).findFirst();
  }

  static List<String> paths() {
    return Arrays.stream(values()).map(OpenAiEndpoint::path).toList();
  }
}
