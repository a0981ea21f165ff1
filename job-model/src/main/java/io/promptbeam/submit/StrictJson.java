package io.promptbeam.submit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NumericNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * JSON from callers: well-formed UTF-8, no duplicate keys, nothing after the value, bounded depth
 * and numbers, and numbers kept digit by digit because a native body is passed on. Thread-safe.
 */
public final class StrictJson {
  static final int MAX_NESTING = 200;
  static final int MAX_NUMBER_CHARS = 200;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_NESTING)
                          .maxNumberLength(MAX_NUMBER_CHARS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // Where it would show the source, it would show a prompt.
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .nodeFactory(new FiniteNumbers())
          .build();

  /** For values that others follow. */
  private static final ObjectReader VALUES =
      MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private StrictJson() {}

  /** Jackson makes an infinite double of 1e400, and would write that as text. */
  private static final class FiniteNumbers extends JsonNodeFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public NumericNode numberNode(double value) {
      if (!Double.isFinite(value)) {
        throw new NumberFormatException("beyond a double's range");
      }
      return super.numberNode(value);
    }
  }

  /** Reads one JSON value. */
  public static JsonNode read(byte[] utf8) throws MalformedJsonException {
    if (!Utf8.isValid(utf8) || Utf8.beginsWide(utf8)) {
      throw new MalformedJsonException("is not UTF-8", 1, 1);
    }
    try {
      JsonNode node = MAPPER.readTree(utf8);
      if (node == null || node.isMissingNode()) {
        throw new MalformedJsonException("is empty", 1, 1);
      }
      return node;
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (NumberFormatException e) {
      // Thrown past Jackson's own exceptions, for an exponent no decimal can have.
      throw new MalformedJsonException("has a number that is too large or too small", 1, 1);
    } catch (IOException e) {
      // Reading from memory fails only over the text's encoding.
      throw new MalformedJsonException("is not UTF-8", 1, 1);
    }
  }

  /** Over a text too long to hold, which is read token by token, and {@link #value} by value. */
  public static JsonParser parser(InputStream utf8) throws IOException {
    return MAPPER.createParser(new InputStreamReader(utf8, StandardCharsets.UTF_8.newDecoder()));
  }

  /** The value that begins with the parser's current token. Fails as the parser does. */
  public static JsonNode value(JsonParser parser) throws IOException {
    try {
      return VALUES.readTree(parser);
    } catch (NumberFormatException e) {
      throw new JsonParseException(parser, "A number is too large or too small");
    }
  }

  /** What a failure of {@link #parser} or {@link #value} says about the text. */
  public static MalformedJsonException malformed(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    int line = at == null ? 1 : Math.max(1, at.getLineNr());
    int column = at == null ? 1 : Math.max(1, at.getColumnNr());
    String own = String.valueOf(e.getOriginalMessage());
    String what = "is not valid JSON";
    if (e instanceof StreamConstraintsException) {
      what =
          "nests deeper than "
              + MAX_NESTING
              + " levels, or has a number longer than "
              + MAX_NUMBER_CHARS
              + " characters";
    } else if (own.startsWith("Duplicate field")) {
      what = "names a field twice in one object";
    } else if (own.startsWith("Trailing token")) {
      what = "goes on after the JSON value";
    } else if (own.startsWith("Invalid UTF-8")) {
      what = "is not UTF-8";
    }
    return new MalformedJsonException(what, line, column);
  }

  /** The same bytes for equal values: keys sorted, no white space. */
  public static byte[] canonical(JsonNode node) {
    return write(sorted(node));
  }

  /** Plain JSON in UTF-8. */
  public static byte[] write(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a JSON tree cannot be written", e);
    }
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static JsonNode sorted(JsonNode node) {
    if (node.isObject()) {
      List<String> names = new ArrayList<>(node.size());
      node.fieldNames().forEachRemaining(names::add);
      Collections.sort(names);
      ObjectNode result = object();
      for (String name : names) {
        result.set(name, sorted(node.get(name)));
      }
      return result;
    }
    if (node.isArray()) {
      var result = MAPPER.createArrayNode();
      node.forEach(element -> result.add(sorted(element)));
      return result;
    }
    return node;
  }
}
