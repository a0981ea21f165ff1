package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds values in a row by the names of columns; {@code a.b} is also field b of column a. */
final class Columns {
  /** A number may have an exponent of nine digits. */
  private static final int MAX_PLAIN_ZEROS = 100;

  private static final Pattern DOT = Pattern.compile("\\.");

  private final ObjectNode row;
  private final Optional<String> nullText;

  /**
   * A row's.
   *
   * @param nullText what stands in a text for null
   */
  Columns(ObjectNode row, Optional<String> nullText) {
    this.row = row;
    this.nullText = nullText;
  }

  /** Null where the row has null. */
  JsonNode value(String column) throws InvalidRowException {
    JsonNode own = row.path(column);
    if (!own.isMissingNode()) {
      return own;
    }
    JsonNode inner = row;
    for (String name : DOT.split(column, -1)) {
      inner = inner.isObject() ? inner.path(name) : MissingNode.getInstance();
    }
    if (inner.isMissingNode()) {
      throw new InvalidRowException("missing_column", "It has no column " + column + ".");
    }
    return inner;
  }

  /** A text as it is; other values as JSON. */
  String text(String column) throws InvalidRowException {
    JsonNode value = value(column);
    if (value.isNull()) {
      return nullText.orElseThrow(
          () -> new InvalidRowException("null_value", "Column " + column + " has no value."));
    }
    if (value.isBigDecimal() && Math.abs(value.decimalValue().scale()) <= MAX_PLAIN_ZEROS) {
      return value.decimalValue().toPlainString();
    }
    return value.isTextual() ? value.textValue() : value.toString();
  }
}
