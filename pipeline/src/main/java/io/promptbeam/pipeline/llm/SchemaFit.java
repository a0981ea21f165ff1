package io.promptbeam.pipeline.llm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;

/**
 * Whether a JSON schema is one of those that a provider can hold its model to. They take a part of
 * the language only, and refuse a request whose schema goes beyond.
 */
final class SchemaFit {
  /** Beyond the structured outputs of Anthropic, as its documentation lists them. */
  private static final Set<String> LIMITS =
      Set.of(
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf",
          "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "uniqueItems",
          "minProperties",
          "maxProperties",
          "patternProperties",
          "not",
          "if",
          "oneOf");

  private SchemaFit() {}

  /** Every object is closed and requires all it names, as OpenAI's strict mode wants it. */
  static boolean strict(JsonNode schema) {
    return schema.path("type").asText().equals("object") && fits(schema, true);
  }

  /** Every object is closed, and there are no limits on values. */
  static boolean closed(JsonNode schema) {
    return fits(schema, false);
  }

  private static boolean fits(JsonNode schema, boolean allRequired) {
    if (schema.isArray()) {
      for (JsonNode each : schema) {
        if (!fits(each, allRequired)) {
          return false;
        }
      }
    }
    if (!schema.isObject()) {
      return true;
    }
    if (isObjectSchema(schema) && !isClosed(schema, allRequired)) {
      return false;
    }
    for (var each : schema.properties()) {
      String name = each.getKey();
      boolean named =
          name.equals("properties") || name.equals("$defs") || name.equals("definitions");
      if (LIMITS.contains(name)
          || !(named
              ? allFit(each.getValue(), allRequired)
              : isData(name) || fits(each.getValue(), allRequired))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isObjectSchema(JsonNode schema) {
    return schema.path("type").asText().equals("object") || schema.path("properties").isObject();
  }

  private static boolean isClosed(JsonNode schema, boolean allRequired) {
    JsonNode more = schema.path("additionalProperties");
    if (!more.isBoolean() || more.booleanValue()) {
      return false;
    }
    Set<String> required = new HashSet<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    Set<String> named = new HashSet<>();
    schema.path("properties").fieldNames().forEachRemaining(named::add);
    return !allRequired || required.containsAll(named);
  }

  /** What is below these words is no schema. */
  private static boolean isData(String name) {
    return Set.of("enum", "const", "default", "examples", "required").contains(name);
  }

  private static boolean allFit(JsonNode schemas, boolean allRequired) {
    for (JsonNode each : schemas) {
      if (!fits(each, allRequired)) {
        return false;
      }
    }
    return true;
  }
}
