package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads the fields of a submission, and says which one is wrong and what to do about it. */
final class Fields {
  static final int MAX_METADATA_PAIRS = 16;
  static final int MAX_METADATA_KEY_CHARS = 64;
  static final int MAX_METADATA_VALUE_CHARS = 512;
  private static final int MAX_SHOWN_NAME_CHARS = 64;
  private static final int MAX_INSTANT_CHARS = 64;
  private static final Pattern RFC_3339 =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)");

  private final ObjectNode object;

  private Fields(ObjectNode object) {
    this.object = object;
  }

  static Fields of(JsonNode body, Set<String> allowed) throws InvalidSubmissionException {
    if (!(body instanceof ObjectNode object)) {
      throw wrongType("body", "a JSON object");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!allowed.contains(name)) {
        throw new InvalidSubmissionException(
            "unknown_field",
            shown(name),
            "This field is not known here; remove it. Known are "
                + String.join(", ", new TreeSet<>(allowed))
                + ".");
      }
    }
    return new Fields(object);
  }

  /** Null counts as absent: many clients send it for what they leave out. */
  boolean has(String name) {
    return object.hasNonNull(name);
  }

  Optional<JsonNode> get(String name) {
    return Optional.ofNullable(object.get(name)).filter(node -> !node.isNull());
  }

  String requiredText(String name, int maxChars) throws InvalidSubmissionException {
    Optional<String> text = text(name, maxChars);
    if (text.isEmpty()) {
      throw missing(name);
    }
    return text.get();
  }

  /** A string that is not blank. */
  Optional<String> text(String name, int maxChars) throws InvalidSubmissionException {
    Optional<JsonNode> node = get(name);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (!node.get().isTextual()) {
      throw wrongType(name, "a string");
    }
    String text = node.get().textValue();
    if (text.isBlank()) {
      throw invalid(name, "It must not be empty.");
    }
    if (text.length() > maxChars) {
      throw invalid(name, "It may have at most " + maxChars + " characters.");
    }
    return Optional.of(text);
  }

  long integer(String name, long min, long max, long whenAbsent) throws InvalidSubmissionException {
    Optional<JsonNode> node = get(name);
    if (node.isEmpty()) {
      return whenAbsent;
    }
    if (!node.get().isIntegralNumber()) {
      throw wrongType(name, "a whole number from " + min + " to " + max);
    }
    if (!node.get().canConvertToLong()
        || node.get().longValue() < min
        || node.get().longValue() > max) {
      throw invalid(name, "It must be from " + min + " to " + max + ".");
    }
    return node.get().longValue();
  }

  /** An instant of RFC 3339, cut to milliseconds. */
  Optional<Instant> instant(String name) throws InvalidSubmissionException {
    Optional<String> text = text(name, MAX_INSTANT_CHARS);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (!RFC_3339.matcher(text.get()).matches()) {
      throw notAnInstant(name);
    }
    try {
      return Optional.of(
          OffsetDateTime.parse(text.get().toUpperCase(Locale.ROOT))
              .toInstant()
              .truncatedTo(ChronoUnit.MILLIS));
    } catch (DateTimeException e) {
      throw notAnInstant(name);
    }
  }

  private static InvalidSubmissionException notAnInstant(String name) {
    return invalid(name, "It must be a time as of RFC 3339, such as 2030-01-31T18:00:00Z.");
  }

  Optional<ObjectNode> object(String name) throws InvalidSubmissionException {
    Optional<JsonNode> node = get(name);
    if (node.isPresent() && !node.get().isObject()) {
      throw wrongType(name, "a JSON object");
    }
    return node.map(ObjectNode.class::cast);
  }

  Map<String, String> metadata(String name) throws InvalidSubmissionException {
    Optional<ObjectNode> pairs = object(name);
    if (pairs.isEmpty()) {
      return Map.of();
    }
    if (pairs.get().size() > MAX_METADATA_PAIRS) {
      throw invalid(name, "It may have at most " + MAX_METADATA_PAIRS + " pairs.");
    }
    Map<String, String> result = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> pair : pairs.get().properties()) {
      String path = name + "." + shown(pair.getKey());
      if (pair.getKey().isEmpty() || pair.getKey().length() > MAX_METADATA_KEY_CHARS) {
        throw invalid(path, "A key must have 1 to " + MAX_METADATA_KEY_CHARS + " characters.");
      }
      if (!pair.getValue().isTextual()) {
        throw wrongType(path, "a string");
      }
      if (pair.getValue().textValue().length() > MAX_METADATA_VALUE_CHARS) {
        throw invalid(
            path, "A value may have at most " + MAX_METADATA_VALUE_CHARS + " characters.");
      }
      result.put(pair.getKey(), pair.getValue().textValue());
    }
    return result;
  }

  static InvalidSubmissionException missing(String field) {
    return new InvalidSubmissionException("missing_field", field, "This field is required.");
  }

  static InvalidSubmissionException wrongType(String field, String wanted) {
    return new InvalidSubmissionException("wrong_type", field, "It must be " + wanted + ".");
  }

  static InvalidSubmissionException invalid(String field, String remedy) {
    return new InvalidSubmissionException("invalid_value", field, remedy);
  }

  private static String shown(String name) {
    return name.length() <= MAX_SHOWN_NAME_CHARS
        ? name
        : name.substring(0, MAX_SHOWN_NAME_CHARS) + "…";
  }
}
