package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One walk over the bytes of a JSON object, which builds no tree and decodes no long text. Every
 * method that takes a value's first token has read the whole value when it returns. Not
 * thread-safe.
 */
final class JsonCursor implements AutoCloseable {
  private static final Pattern WORD = Pattern.compile("[A-Za-z_-]{1,40}");

  private final JsonParser parser;
  private final byte[] body;

  /** Reads the field of an object, or the element of a list, that begins with {@code value}. */
  interface Field {
    void read(String name, JsonToken value) throws IOException;
  }

  /** Reads one element of a list. */
  interface Element {
    void read(JsonToken value) throws IOException;
  }

  JsonCursor(byte[] body, JsonFactory factory) throws IOException {
    this.parser = factory.createParser(body);
    this.body = body;
  }

  static boolean isBlank(byte[] body) {
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
  static boolean beginsAsUtf8Object(byte[] body) {
    int at = 0;
    while (at < body.length && isSpace(body[at])) {
      at++;
    }
    return at + 1 < body.length && body[at] == '{' && body[at + 1] != 0;
  }

  /** Reads the only object there is. Whether nothing follows it. */
  boolean readWhole(Field field) throws IOException {
    object(parser.nextToken(), field);
    return parser.nextToken() == null;
  }

  /** Whether the value is an object; its fields are read then. */
  boolean object(@Nullable JsonToken value, Field field) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      skip();
      return false;
    }
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      field.read(name, parser.nextToken());
    }
    return true;
  }

  /** Whether the value is a list; its elements are read then. */
  boolean list(JsonToken value, Element element) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      skip();
      return false;
    }
    for (JsonToken next = parser.nextToken();
        next != JsonToken.END_ARRAY;
        next = parser.nextToken()) {
      element.read(next);
    }
    return true;
  }

  void skip() throws IOException {
    parser.skipChildren();
  }

  /** Whether the value is anything but null. */
  boolean isPresent(JsonToken value) throws IOException {
    skip();
    return value != JsonToken.VALUE_NULL;
  }

  boolean isTrue(JsonToken value) throws IOException {
    skip();
    return value == JsonToken.VALUE_TRUE;
  }

  /** Whether the value is a list or object, as {@code start} says, with something in it. */
  boolean isNonEmpty(JsonToken value, JsonToken start) throws IOException {
    if (value != start) {
      skip();
      return false;
    }
    boolean found = !parser.nextToken().isStructEnd();
    JsonToken end = start == JsonToken.START_ARRAY ? JsonToken.END_ARRAY : JsonToken.END_OBJECT;
    for (JsonToken at = parser.currentToken(); at != end; at = parser.nextToken()) {
      skip();
    }
    return found;
  }

  /** A short plain word; empty when the value is anything else. */
  Optional<String> word(JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      skip();
      return Optional.empty();
    }
    String text = parser.getText();
    return WORD.matcher(text).matches() ? Optional.of(text) : Optional.empty();
  }

  boolean isWord(JsonToken value, String word) throws IOException {
    return word(value).filter(word::equals).isPresent();
  }

  /** Zero for what is no sensible count: a wrong usage must not spoil a paid answer. */
  long count(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() == JsonParser.NumberType.INT) {
      return Math.max(0, parser.getIntValue());
    }
    skip();
    return 0;
  }

  /**
   * Whether the value is text that is not blank. Only text that begins like blank text is decoded
   * for it.
   */
  boolean isText(@Nullable JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_STRING) {
      skip();
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

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
