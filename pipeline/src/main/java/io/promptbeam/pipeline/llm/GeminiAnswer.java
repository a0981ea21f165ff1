package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonToken;
import io.promptbeam.job.Usage;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** Checks in one pass that bytes are a whole answer of generateContent, and reads its usage. */
final class GeminiAnswer {
  private static final Set<String> REFUSALS =
      Set.of(
          "SAFETY",
          "RECITATION",
          "LANGUAGE",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "MODEL_ARMOR",
          "IMAGE_SAFETY",
          "IMAGE_PROHIBITED_CONTENT",
          "IMAGE_RECITATION");

  private final JsonCursor cursor;
  private boolean hasList;
  private boolean misshapen;
  private boolean filled;
  private boolean toolCalled;
  private boolean hasError;
  private Optional<String> blockReason = Optional.empty();
  private Optional<String> finishReason = Optional.empty();
  private Optional<Usage> usage = Optional.empty();

  private GeminiAnswer(JsonCursor cursor) {
    this.cursor = cursor;
  }

  static AnswerVerdict check(byte[] body) {
    if (!JsonCursor.beginsAsUtf8Object(body)) {
      return JsonCursor.isBlank(body)
          ? new AnswerVerdict.Empty(Optional.empty(), Optional.empty())
          : AnswerVerdict.notJson(Optional.empty());
    }
    try (var cursor = new JsonCursor(body, Json.MAPPER.getFactory())) {
      return new GeminiAnswer(cursor).read();
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

  private AnswerVerdict verdict() {
    if (hasError) {
      return new AnswerVerdict.Malformed("it holds an error instead of candidates", usage);
    }
    if (blockReason.isPresent()) {
      return new AnswerVerdict.Refused("the prompt was blocked: " + blockReason.get(), usage);
    }
    if (!hasList || misshapen) {
      return new AnswerVerdict.Malformed("it has no candidates, or not in the usual form", usage);
    }
    if (filled) {
      return new AnswerVerdict.Good(usage.orElse(Usage.NONE), finishReason.map(this::reason));
    }
    return finishReason.filter(REFUSALS::contains).isPresent()
        ? new AnswerVerdict.Refused("the answer was blocked: " + finishReason.get(), usage)
        : new AnswerVerdict.Empty(finishReason, usage);
  }

  /** This API stops for a tool call as it stops at the end of a text. */
  private FinishReason reason(String reason) {
    return switch (reason) {
      case "STOP" -> toolCalled ? FinishReason.TOOL_CALLS : FinishReason.STOP;
      case "FUNCTION_CALL" -> FinishReason.TOOL_CALLS;
      case "MAX_TOKENS" -> FinishReason.LENGTH;
      default -> FinishReason.OTHER;
    };
  }

  private void readTop(String name, JsonToken value) throws IOException {
    switch (name) {
      case "candidates" -> hasList = cursor.list(value, this::readCandidate);
      case "promptFeedback" -> cursor.object(value, this::readFeedback);
      case "error" -> hasError = cursor.isPresent(value);
      case "usageMetadata" -> readUsage(value);
      default -> cursor.skip();
    }
  }

  private void readFeedback(String name, JsonToken value) throws IOException {
    if (name.equals("blockReason")) {
      blockReason = cursor.word(value).filter(word -> !word.startsWith("BLOCK_REASON_UNSPEC"));
    } else {
      cursor.skip();
    }
  }

  /** What came before a candidate was blocked is no answer. */
  private void readCandidate(JsonToken candidate) throws IOException {
    boolean filledBefore = filled;
    filled = false;
    var reason =
        new Object() {
          Optional<String> word = Optional.empty();
        };
    boolean shaped =
        cursor.object(
            candidate,
            (name, value) -> {
              switch (name) {
                case "content" -> cursor.object(value, this::readContent);
                case "finishReason" -> reason.word = cursor.word(value);
                default -> cursor.skip();
              }
            });
    misshapen |= !shaped;
    filled = filledBefore || (filled && reason.word.filter(REFUSALS::contains).isEmpty());
    finishReason = finishReason.or(() -> reason.word);
  }

  private void readContent(String name, JsonToken value) throws IOException {
    if (name.equals("parts")) {
      cursor.list(value, this::readPart);
    } else {
      cursor.skip();
    }
  }

  private void readPart(JsonToken part) throws IOException {
    var found =
        new Object() {
          boolean thought;
          boolean content;
        };
    cursor.object(
        part,
        (name, value) -> {
          switch (name) {
            case "thought" -> found.thought = cursor.isTrue(value);
            case "text" -> found.content |= cursor.isText(value);
            case "functionCall" -> {
              found.content |= cursor.isNonEmpty(value, JsonToken.START_OBJECT);
              toolCalled |= found.content;
            }
            case "inlineData", "fileData", "executableCode", "codeExecutionResult" ->
                found.content |= cursor.isNonEmpty(value, JsonToken.START_OBJECT);
            default -> cursor.skip();
          }
        });
    filled |= found.content && !found.thought;
  }

  /** Thoughts are output that this API counts apart, and the results of tools input. */
  private void readUsage(JsonToken value) throws IOException {
    var counts = new TokenCounts();
    boolean present =
        cursor.object(
            value,
            (name, count) -> {
              switch (name) {
                case "promptTokenCount", "toolUsePromptTokenCount" ->
                    counts.input += cursor.count(count);
                case "cachedContentTokenCount" -> counts.cached = cursor.count(count);
                case "candidatesTokenCount" -> counts.output += cursor.count(count);
                case "thoughtsTokenCount" -> {
                  counts.reasoning = cursor.count(count);
                  counts.output += counts.reasoning;
                }
                default -> cursor.skip();
              }
            });
    usage = present ? Optional.of(counts.usage()) : Optional.empty();
  }
}
