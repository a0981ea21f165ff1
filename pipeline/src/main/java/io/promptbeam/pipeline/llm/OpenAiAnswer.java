package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks in one pass that bytes are a whole answer of an endpoint and that something is in it, and
 * picks the usage out. No tree is built and no long text decoded: this runs once per call.
 */
final class OpenAiAnswer {
  /** What the bytes turned out to be. */
  sealed interface Verdict {
    record Good(Usage usage) implements Verdict {}

    /** Well formed, but it says that the provider could not do it. */
    record ProviderFailed() implements Verdict {}

    /** An answer with nothing in it. */
    record Empty(Optional<String> finishReason, Optional<Usage> usage) implements Verdict {}

    /**
     * Not an answer.
     *
     * @param why fixed text, without any of the bytes
     * @param usage as far as it could be read
     */
    record Malformed(String why, Optional<Usage> usage) implements Verdict {}
  }

  private final OpenAiEndpoint endpoint;
  private final AnswerParts parts;
  private boolean hasError;
  private Optional<String> status = Optional.empty();
  private Optional<Usage> usage = Optional.empty();

  private OpenAiAnswer(OpenAiEndpoint endpoint, AnswerParts parts) {
    this.endpoint = endpoint;
    this.parts = parts;
  }

  static Verdict check(byte[] body, OpenAiEndpoint endpoint, JsonFactory factory) {
    if (!beginsAsUtf8Object(body)) {
      return isBlank(body)
          ? new Verdict.Empty(Optional.empty(), Optional.empty())
          : notJson(Optional.empty());
    }
    try (JsonParser parser = factory.createParser(body)) {
      return new OpenAiAnswer(endpoint, new AnswerParts(parser, body)).read(parser);
    } catch (IOException e) {
      return notJson(Optional.empty());
    }
  }

  private Verdict read(JsonParser parser) {
    try {
      parser.nextToken();
      readTop(parser);
      return parser.nextToken() == null ? verdict() : notJson(usage);
    } catch (IOException e) {
      return notJson(usage);
    }
  }

  private static Verdict notJson(Optional<Usage> usage) {
    return new Verdict.Malformed("it is not a JSON object", usage);
  }

  private static boolean isBlank(byte[] body) {
    for (byte each : body) {
      if (!isSpace(each)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSpace(byte each) {
    return each == ' ' || (each >= '\t' && each <= '\r');
  }

  /** Rules out UTF-16 and UTF-32, which the parser would take but readers of the result not. */
  private static boolean beginsAsUtf8Object(byte[] body) {
    int at = 0;
    while (at < body.length && isSpace(body[at])) {
      at++;
    }
    return at + 1 < body.length && body[at] == '{' && body[at + 1] != 0;
  }

  private Verdict verdict() {
    if (endpoint != OpenAiEndpoint.RESPONSES) {
      return partsVerdict();
    }
    return switch (status.orElse("")) {
      case "failed", "cancelled" -> new Verdict.ProviderFailed();
      case "queued", "in_progress" -> new Verdict.Malformed("it is not finished", usage);
      default -> partsVerdict();
    };
  }

  private Verdict partsVerdict() {
    if (parts.isWellFormed() && parts.isFilled()) {
      return new Verdict.Good(usage.orElse(Usage.NONE));
    }
    if (hasError) {
      return new Verdict.Malformed("it holds an error instead of " + endpoint.answerList(), usage);
    }
    return parts.isWellFormed()
        ? new Verdict.Empty(parts.finishReason(), usage)
        : new Verdict.Malformed(
            "it has no " + endpoint.answerList() + ", or not in the usual form", usage);
  }

  private void readTop(JsonParser parser) throws IOException {
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "choices", "data", "output" -> readList(name, parser, value);
        case "incomplete_details" -> parts.readIncompleteDetails(value);
        case "error" -> hasError = isPresent(parser, value);
        case "status" -> status = text(parser, value);
        case "usage" -> usage = readUsage(parser, value);
        default -> parser.skipChildren();
      }
    }
  }

  private void readList(String name, JsonParser parser, JsonToken value) throws IOException {
    if (!name.equals(endpoint.answerList())) {
      parser.skipChildren();
      return;
    }
    switch (endpoint) {
      case CHAT_COMPLETIONS, COMPLETIONS -> parts.readChoices(value);
      case EMBEDDINGS -> parts.readData(value);
      case RESPONSES -> parts.readOutput(value);
    }
  }

  private static boolean isPresent(JsonParser parser, JsonToken value) throws IOException {
    parser.skipChildren();
    return value != JsonToken.VALUE_NULL;
  }

  private static Optional<String> text(JsonParser parser, JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      return Optional.of(parser.getText());
    }
    parser.skipChildren();
    return Optional.empty();
  }

  /** Chat completions and responses name the same counts differently. */
  private static Optional<Usage> readUsage(JsonParser parser, JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return Optional.empty();
    }
    long input = 0;
    long cached = 0;
    long output = 0;
    long reasoning = 0;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken count = parser.nextToken();
      switch (name) {
        case "prompt_tokens", "input_tokens" -> input = count(parser, count);
        case "completion_tokens", "output_tokens" -> output = count(parser, count);
        case "prompt_tokens_details", "input_tokens_details" ->
            cached = detail(parser, count, "cached_tokens");
        case "completion_tokens_details", "output_tokens_details" ->
            reasoning = detail(parser, count, "reasoning_tokens");
        default -> parser.skipChildren();
      }
    }
    return Optional.of(new Usage(input, cached, output, reasoning));
  }

  private static long detail(JsonParser parser, JsonToken value, String wanted) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return 0;
    }
    long found = 0;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken count = parser.nextToken();
      if (name.equals(wanted)) {
        found = count(parser, count);
      } else {
        parser.skipChildren();
      }
    }
    return found;
  }

  /** Zero for what is no sensible count: a wrong usage must not spoil a paid answer. */
  private static long count(JsonParser parser, @Nullable JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() == JsonParser.NumberType.INT) {
      return Math.max(0, parser.getIntValue());
    }
    parser.skipChildren();
    return 0;
  }
}
