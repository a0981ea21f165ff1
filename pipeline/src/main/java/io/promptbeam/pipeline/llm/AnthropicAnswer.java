package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.util.Optional;

/** Checks in one pass that bytes are a whole message of the Anthropic API, and reads its usage. */
final class AnthropicAnswer {
  private final JsonCursor cursor;
  private boolean hasList;
  private boolean misshapen;
  private boolean filled;
  private boolean hasError;
  private Optional<String> stopReason = Optional.empty();
  private Optional<Usage> usage = Optional.empty();

  private AnthropicAnswer(JsonCursor cursor) {
    this.cursor = cursor;
  }

  static AnswerVerdict check(byte[] body) {
    if (!JsonCursor.beginsAsUtf8Object(body)) {
      return JsonCursor.isBlank(body)
          ? new AnswerVerdict.Empty(Optional.empty(), Optional.empty())
          : AnswerVerdict.notJson(Optional.empty());
    }
    try (var cursor = new JsonCursor(body, Json.MAPPER.getFactory())) {
      return new AnthropicAnswer(cursor).read();
    } catch (IOException e) {
      return AnswerVerdict.notJson(Optional.empty());
    }
  }

  private AnswerVerdict read() {
    try {
      return cursor.readWhole(this::readTop) ? verdict() : AnswerVerdict.notJson(usage);
    } catch (IOException e) {
      return AnswerVerdict.notJson(usage);
    }
  }

  /** What came before a refusal is to be thrown away, as the API's documentation has it. */
  private AnswerVerdict verdict() {
    if (hasError) {
      return new AnswerVerdict.Malformed("it holds an error instead of content", usage);
    }
    if (!hasList || misshapen) {
      return new AnswerVerdict.Malformed("it has no content, or not in the usual form", usage);
    }
    if (stopReason.filter("refusal"::equals).isPresent()) {
      return new AnswerVerdict.Refused("the model refused", usage);
    }
    return filled
        ? new AnswerVerdict.Good(usage.orElse(Usage.NONE), stopReason.map(AnthropicAnswer::reason))
        : new AnswerVerdict.Empty(stopReason, usage);
  }

  private static FinishReason reason(String stopReason) {
    return switch (stopReason) {
      case "end_turn", "stop_sequence" -> FinishReason.STOP;
      case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
      case "tool_use" -> FinishReason.TOOL_CALLS;
      default -> FinishReason.OTHER;
    };
  }

  private void readTop(String name, JsonToken value) throws IOException {
    switch (name) {
      case "content" -> hasList = cursor.list(value, this::readBlock);
      case "stop_reason" -> stopReason = cursor.word(value);
      case "error" -> hasError = cursor.isPresent(value);
      case "usage" -> readUsage(value);
      default -> cursor.skip();
    }
  }

  /** Any block is an answer, but thoughts and text without text. */
  private void readBlock(JsonToken block) throws IOException {
    var found =
        new Object() {
          boolean thought;
          boolean textual;
          boolean text;
        };
    boolean shaped =
        cursor.object(
            block,
            (name, value) -> {
              switch (name) {
                case "type" -> {
                  String type = cursor.word(value).orElse("");
                  found.thought = type.equals("thinking") || type.equals("redacted_thinking");
                }
                case "text" -> {
                  found.textual = true;
                  found.text = cursor.isText(value);
                }
                default -> cursor.skip();
              }
            });
    misshapen |= !shaped;
    filled |= shaped && !found.thought && (found.text || !found.textual);
  }

  /** What was written to a cache or read from one is input too, which this API counts apart. */
  private void readUsage(JsonToken value) throws IOException {
    var counts = new TokenCounts();
    boolean present =
        cursor.object(
            value,
            (name, count) -> {
              switch (name) {
                case "input_tokens", "cache_creation_input_tokens" ->
                    counts.input += cursor.count(count);
                case "cache_read_input_tokens" -> {
                  counts.cached = cursor.count(count);
                  counts.input += counts.cached;
                }
                case "output_tokens" -> counts.output = cursor.count(count);
                default -> cursor.skip();
              }
            });
    usage = present ? Optional.of(counts.usage()) : Optional.empty();
  }
}
