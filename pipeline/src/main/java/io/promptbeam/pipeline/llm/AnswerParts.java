package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/**
 * Walks the list that an answer of the OpenAI API is about (choices, data, output) and finds out
 * whether anything is in it. Thoughts alone are nothing: the caller asked for what comes after
 * them; nor is a refusal, which is noted. Nothing is kept but that, and why the provider stopped.
 */
final class AnswerParts {
  private final JsonCursor cursor;
  private boolean present;
  private boolean misshapen;
  private boolean filled;
  private boolean refused;
  private boolean toolCalled;
  private Optional<String> finishReason = Optional.empty();

  /** Reads one entry that is an object, and says whether anything is in it. */
  private interface Entry {
    boolean isFilled(JsonToken value) throws IOException;
  }

  /** What is found in one object. */
  private static final class Found {
    boolean shaped;
    boolean content;
    boolean textual;
    boolean thought;
    boolean message = true;
  }

  AnswerParts(JsonCursor cursor) {
    this.cursor = cursor;
  }

  /** There is a list, and its entries look like those of an answer. */
  boolean isWellFormed() {
    return present && !misshapen;
  }

  boolean isFilled() {
    return filled;
  }

  /** The model said that it would not answer, at least once. */
  boolean isRefused() {
    return refused;
  }

  /** A tool is called in the Responses API, whose finish reason does not say so. */
  boolean isToolCalled() {
    return toolCalled;
  }

  /** Of the first choice, as the provider put it, if that is a plain word. */
  Optional<String> finishReason() {
    return finishReason;
  }

  void readChoices(JsonToken value) throws IOException {
    readList(value, this::choiceIsFilled);
  }

  void readData(JsonToken value) throws IOException {
    readList(value, entry -> cursor.object(entry, (name, field) -> cursor.skip()));
  }

  void readOutput(JsonToken value) throws IOException {
    readList(value, this::outputItemIsFilled);
  }

  /** Where the Responses API says why an answer is incomplete. */
  void readIncompleteDetails(JsonToken value) throws IOException {
    cursor.object(value, (name, field) -> readReasonIf(name.equals("reason"), field));
  }

  private void readList(JsonToken value, Entry entry) throws IOException {
    misshapen = false;
    filled = false;
    present =
        cursor.list(
            value,
            next -> {
              if (next == JsonToken.START_OBJECT) {
                filled |= entry.isFilled(next);
              } else {
                misshapen = true;
                cursor.skip();
              }
            });
  }

  private boolean choiceIsFilled(JsonToken choice) throws IOException {
    var found = new Found();
    cursor.object(
        choice,
        (name, value) -> {
          switch (name) {
            case "message" -> {
              found.shaped |= value == JsonToken.START_OBJECT;
              found.content |= messageIsFilled(value);
            }
            case "text" -> {
              found.shaped |= value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NULL;
              found.content |= cursor.isText(value);
            }
            default -> readReasonIf(name.equals("finish_reason"), value);
          }
        });
    misshapen |= !found.shaped;
    return found.content;
  }

  private boolean messageIsFilled(JsonToken message) throws IOException {
    var found = new Found();
    cursor.object(
        message,
        (name, value) -> {
          switch (name) {
            case "content" -> found.content |= contentIsFilled(value);
            case "refusal" -> refused |= cursor.isText(value);
            case "tool_calls", "images" ->
                found.content |= cursor.isNonEmpty(value, JsonToken.START_ARRAY);
            case "function_call", "audio" ->
                found.content |= cursor.isNonEmpty(value, JsonToken.START_OBJECT);
            default -> cursor.skip();
          }
        });
    return found.content;
  }

  /** Any kind of item but thoughts and empty messages is an answer: a tool call, an image. */
  private boolean outputItemIsFilled(JsonToken item) throws IOException {
    var found = new Found();
    cursor.object(
        item,
        (name, value) -> {
          switch (name) {
            case "type" -> {
              String type = cursor.word(value).orElse("");
              found.message = type.equals("message");
              found.thought = type.equals("reasoning");
              toolCalled |= type.equals("function_call") || type.equals("custom_tool_call");
            }
            case "content" -> found.content |= contentIsFilled(value);
            default -> cursor.skip();
          }
        });
    return !found.thought && (found.content || !found.message);
  }

  private boolean contentIsFilled(JsonToken content) throws IOException {
    if (content != JsonToken.START_ARRAY) {
      return cursor.isText(content);
    }
    var found = new Found();
    cursor.list(
        content,
        part ->
            found.content |=
                part == JsonToken.START_OBJECT ? partIsFilled(part) : cursor.isText(part));
    return found.content;
  }

  private boolean partIsFilled(JsonToken part) throws IOException {
    var found = new Found();
    cursor.object(
        part,
        (name, value) -> {
          switch (name) {
            case "type" -> {
              String type = cursor.word(value).orElse("");
              found.thought = type.equals("thinking") || type.equals("reasoning");
            }
            case "text" -> {
              found.textual = true;
              found.content |= cursor.isText(value);
            }
            case "refusal" -> {
              found.textual = true;
              refused |= cursor.isText(value);
            }
            default -> cursor.skip();
          }
        });
    return !found.thought && (found.content || !found.textual);
  }

  private void readReasonIf(boolean isReason, JsonToken value) throws IOException {
    if (isReason && finishReason.isEmpty()) {
      finishReason = cursor.word(value);
    } else {
      cursor.skip();
    }
  }
}
