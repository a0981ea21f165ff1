package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Tokens and money as a person reads them; empty where nothing is known. */
final class Costs {
  private static final BigDecimal CENT = new BigDecimal("0.01");

  /** What a cent does not show, in two digits that count. */
  private static final MathContext TWO_DIGITS = new MathContext(2);

  private Costs() {}

  /** {@code $12.34}, or two digits of what is less than a cent. */
  static String dollars(JsonNode costUsd) {
    if (!costUsd.isNumber()) {
      return "";
    }
    BigDecimal cost = costUsd.decimalValue();
    if (cost.signum() != 0 && cost.abs().compareTo(CENT) < 0) {
      return "$" + cost.round(TWO_DIGITS).stripTrailingZeros().toPlainString();
    }
    return String.format(Locale.ROOT, "$%,.2f", cost);
  }

  /** {@code 1,200 input (200 cached), 80 output (30 reasoning)}. */
  static String tokens(JsonNode usage) {
    if (!usage.isObject()) {
      return "";
    }
    return number(usage, "input_tokens")
        + " input"
        + part(usage, "cached_input_tokens", "cached")
        + ", "
        + number(usage, "output_tokens")
        + " output"
        + part(usage, "reasoning_tokens", "reasoning");
  }

  private static String part(JsonNode usage, String field, String name) {
    return usage.path(field).asLong() == 0 ? "" : " (" + number(usage, field) + " " + name + ")";
  }

  static String number(JsonNode object, String field) {
    return String.format(Locale.ROOT, "%,d", object.path(field).asLong());
  }
}
