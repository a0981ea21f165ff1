package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks in one pass that bytes are a whole answer of an endpoint, and picks the usage out. No tree
 * is built and no text decoded: this runs once per call.
 */
final class OpenAiAnswer {
  /** What the bytes turned out to be. */
  sealed interface Verdict {
    record Good(Usage usage) implements Verdict {}

    /** Well formed, but it says that the provider could not do it. */
    record ProviderFailed() implements Verdict {}

    /**
     * Not an answer.
     *
     * @param why fixed text, without any of the bytes
     */
    record Malformed(String why) implements Verdict {}
  }

  private static final Verdict NOT_JSON = new Verdict.Malformed("it is not a JSON object");

  private boolean hasChoices;
  private boolean hasData;
  private boolean hasOutput;
  private boolean hasError;
  private Optional<String> status = Optional.empty();
  private Usage usage = Usage.NONE;

  private OpenAiAnswer() {}

  static Verdict check(byte[] body, OpenAiEndpoint endpoint, JsonFactory factory) {
    if (!beginsAsUtf8Object(body)) {
      return NOT_JSON;
    }
    var answer = new OpenAiAnswer();
    try (JsonParser parser = factory.createParser(body)) {
      parser.nextToken();
      answer.readTop(parser);
      if (parser.nextToken() != null) {
        return NOT_JSON;
      }
    } catch (IOException e) {
      return NOT_JSON;
    }
    return answer.verdict(endpoint);
  }

  /** Rules out UTF-16 and UTF-32, which the parser would take but readers of the result not. */
  private static boolean beginsAsUtf8Object(byte[] body) {
    int at = 0;
    while (at < body.length && (body[at] == ' ' || (body[at] >= '\t' && body[at] <= '\r'))) {
      at++;
    }
    return at + 1 < body.length && body[at] == '{' && body[at + 1] != 0;
  }

  private Verdict verdict(OpenAiEndpoint endpoint) {
    return switch (endpoint) {
      case CHAT_COMPLETIONS, COMPLETIONS -> expect(hasChoices, "choices");
      case EMBEDDINGS -> expect(hasData, "data");
      case RESPONSES -> responsesVerdict();
    };
  }

  private Verdict expect(boolean present, String field) {
    if (present) {
      return new Verdict.Good(usage);
    }
    return new Verdict.Malformed(
        hasError ? "it holds an error instead of " + field : "it has no " + field);
  }

  private Verdict responsesVerdict() {
    return switch (status.orElse("")) {
      case "failed", "cancelled" -> new Verdict.ProviderFailed();
      case "queued", "in_progress" -> new Verdict.Malformed("it is not finished");
      case "" -> expect(hasOutput, "output");
      default -> new Verdict.Good(usage);
    };
  }

  private void readTop(JsonParser parser) throws IOException {
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "choices" -> hasChoices = isNonEmptyObjectList(parser, value);
        case "data" -> hasData = isList(parser, value);
        case "output" -> hasOutput = isList(parser, value);
        case "error" -> hasError = isPresent(parser, value);
        case "status" -> status = text(parser, value);
        case "usage" -> usage = readUsage(parser, value);
        default -> parser.skipChildren();
      }
    }
  }

  private static boolean isNonEmptyObjectList(JsonParser parser, JsonToken value)
      throws IOException {
    if (value != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return false;
    }
    boolean objects = true;
    int count = 0;
    for (JsonToken entry = parser.nextToken();
        entry != JsonToken.END_ARRAY;
        entry = parser.nextToken()) {
      objects &= entry == JsonToken.START_OBJECT;
      count++;
      parser.skipChildren();
    }
    return objects && count > 0;
  }

  private static boolean isList(JsonParser parser, JsonToken value) throws IOException {
    parser.skipChildren();
    return value == JsonToken.START_ARRAY;
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
  private static Usage readUsage(JsonParser parser, JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return Usage.NONE;
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
    return new Usage(input, cached, output, reasoning);
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
