package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks the list that an answer is about (choices, data, output) and finds out whether anything is
 * in it. Thoughts alone are nothing: the caller asked for what comes after them. Nothing is kept
 * but that, and why the provider stopped.
 */
final class AnswerParts {
  private static final Pattern REASON = Pattern.compile("[A-Za-z_-]{1,40}");

  private final JsonParser parser;
  private final byte[] body;
  private boolean present;
  private boolean misshapen;
  private boolean filled;
  private Optional<String> finishReason = Optional.empty();

  /** Reads one entry, with the parser behind its opening brace. */
  private interface Entry {
    boolean isFilled() throws IOException;
  }

  AnswerParts(JsonParser parser, byte[] body) {
    this.parser = parser;
    this.body = body;
  }

  /** There is a list, and its entries look like those of an answer. */
  boolean isWellFormed() {
    return present && !misshapen;
  }

  boolean isFilled() {
    return filled;
  }

  /** As the provider put it, if that is a plain word. */
  Optional<String> finishReason() {
    return finishReason;
  }

  void readChoices(JsonToken value) throws IOException {
    readList(value, this::choiceIsFilled);
  }

  void readData(JsonToken value) throws IOException {
    readList(
        value,
        () -> {
          skipFields();
          return true;
        });
  }

  void readOutput(JsonToken value) throws IOException {
    readList(value, this::outputItemIsFilled);
  }

  /** Where the Responses API says why an answer is incomplete. */
  void readIncompleteDetails(JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      readReasonIf(name.equals("reason"), parser.nextToken());
    }
  }

  private void readList(JsonToken value, Entry entry) throws IOException {
    present = value == JsonToken.START_ARRAY;
    misshapen = false;
    filled = false;
    if (!present) {
      parser.skipChildren();
      return;
    }
    for (JsonToken next = parser.nextToken();
        next != JsonToken.END_ARRAY;
        next = parser.nextToken()) {
      if (next == JsonToken.START_OBJECT) {
        filled |= entry.isFilled();
      } else {
        misshapen = true;
        parser.skipChildren();
      }
    }
  }

  private boolean choiceIsFilled() throws IOException {
    boolean shaped = false;
    boolean hasContent = false;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "message" -> {
          if (value == JsonToken.START_OBJECT) {
            shaped = true;
            hasContent |= messageIsFilled();
          } else {
            parser.skipChildren();
          }
        }
        case "text" -> {
          shaped |= value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NULL;
          hasContent |= isText(value);
        }
        default -> readReasonIf(name.equals("finish_reason"), value);
      }
    }
    misshapen |= !shaped;
    return hasContent;
  }

  private boolean messageIsFilled() throws IOException {
    boolean found = false;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      found |=
          switch (name) {
            case "content" -> contentIsFilled(value);
            case "refusal" -> isText(value);
            case "tool_calls", "images" -> isNonEmpty(value, JsonToken.START_ARRAY);
            case "function_call", "audio" -> isNonEmpty(value, JsonToken.START_OBJECT);
            default -> skip();
          };
    }
    return found;
  }

  /** Any kind of item but thoughts and empty messages is an answer: a tool call, an image. */
  private boolean outputItemIsFilled() throws IOException {
    boolean message = true;
    boolean thought = false;
    boolean found = false;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "type" -> {
          message = isWord(value, "message");
          thought = isWord(value, "reasoning");
        }
        case "content" -> found |= contentIsFilled(value);
        default -> parser.skipChildren();
      }
    }
    return !thought && (found || !message);
  }

  private boolean contentIsFilled(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      return isText(value);
    }
    boolean found = false;
    for (JsonToken part = parser.nextToken();
        part != JsonToken.END_ARRAY;
        part = parser.nextToken()) {
      found |= part == JsonToken.START_OBJECT ? partIsFilled() : isText(part);
    }
    return found;
  }

  private boolean partIsFilled() throws IOException {
    boolean thought = false;
    boolean textual = false;
    boolean found = false;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken value = parser.nextToken();
      switch (name) {
        case "type" -> thought = isWord(value, "thinking") || isWord(value, "reasoning");
        case "text", "refusal" -> {
          textual = true;
          found |= isText(value);
        }
        default -> parser.skipChildren();
      }
    }
    return !thought && (found || !textual);
  }

  private void readReasonIf(boolean isReason, JsonToken value) throws IOException {
    if (isReason && value == JsonToken.VALUE_STRING) {
      finishReason =
          Optional.of(parser.getText()).filter(reason -> REASON.matcher(reason).matches());
    } else {
      parser.skipChildren();
    }
  }

  private boolean isWord(JsonToken value, String word) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      return parser.getText().equals(word);
    }
    parser.skipChildren();
    return false;
  }

  private boolean isNonEmpty(JsonToken value, JsonToken start) throws IOException {
    if (value != start) {
      parser.skipChildren();
      return false;
    }
    boolean found = !parser.nextToken().isStructEnd();
    if (found) {
      skipRest(start);
    }
    return found;
  }

  /** From inside an object or a list to its end. */
  private void skipRest(JsonToken start) throws IOException {
    JsonToken end = start == JsonToken.START_ARRAY ? JsonToken.END_ARRAY : JsonToken.END_OBJECT;
    for (JsonToken at = parser.currentToken(); at != end; at = parser.nextToken()) {
      parser.skipChildren();
    }
  }

  private void skipFields() throws IOException {
    while (parser.nextFieldName() != null) {
      parser.nextToken();
      parser.skipChildren();
    }
  }

  private boolean skip() throws IOException {
    parser.skipChildren();
    return false;
  }

  /**
   * Whether the value is text that is not blank. Only text that begins like blank text is decoded
   * for it.
   */
  private boolean isText(@Nullable JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      parser.skipChildren();
      return false;
    }
    long first = parser.getTokenLocation().getByteOffset() + 1;
    if (first > 0 && first < body.length && body[(int) first - 1] == '"') {
      byte begin = body[(int) first];
      if (begin > ' ' && begin != '\\' && begin != '"') {
        return true;
      }
    }
    return !parser.getText().isBlank();
  }
}
