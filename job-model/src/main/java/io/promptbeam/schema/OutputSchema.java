package io.promptbeam.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.OutputFormat;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.resource.ClasspathSchemaLoader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A JSON Schema (draft 2020-12 or draft-07) for answers, checked to be one that costs little and
 * needs nothing but itself. {@code format} is a remark, as the newer draft has it. Thread-safe.
 */
public final class OutputSchema {
  /** As JSON. */
  public static final int MAX_BYTES = 32 * 1024;

  public static final int MAX_NESTING = 40;

  private static final int MAX_ANSWER_NESTING = 100;
  private static final int MAX_PROBLEMS = 10;

  /** Enough for any answer a model can write to a schema that does not multiply. */
  private static final long KEYWORDS = 20_000;

  private static final long KEYWORDS_PER_CHAR = 2;
  private static final long MAX_KEYWORDS = 2_000_000;
  private static final long PATTERN_CHARS = 2_000_000;

  private static final String SCHEMA = "$schema";
  private static final Map<String, VersionFlag> DRAFTS =
      Map.of(
          "https://json-schema.org/draft/2020-12/schema", VersionFlag.V202012,
          "http://json-schema.org/draft-07/schema", VersionFlag.V7);
  private static final Set<String> REFERENCES = Set.of("$ref", "$dynamicRef", "$recursiveRef");

  /** Hold any JSON, not schemas. */
  private static final Set<String> VALUES = Set.of("const", "enum", "default", "examples");

  private static final SchemaValidatorsConfig CONFIG =
      SchemaValidatorsConfig.builder()
          .locale(Locale.ROOT)
          .formatAssertionsEnabled(false)
          // Following references ahead of use would multiply where they do.
          .preloadJsonSchema(false)
          .regularExpressionFactory(Effort::pattern)
          .build();

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_ANSWER_NESTING).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final JsonSchema schema;

  private OutputSchema(JsonSchema schema) {
    this.schema = schema;
  }

  /**
   * A schema given by a caller.
   *
   * @throws InvalidSchemaException when it is not valid, reaches outside itself or is too large
   */
  public static OutputSchema of(ObjectNode json) throws InvalidSchemaException {
    if (json.toString().getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new InvalidSchemaException("It may have at most " + MAX_BYTES + " bytes of JSON.");
    }
    checkParts(json, json, 1);
    VersionFlag draft = draft(json);
    ObjectNode own = json.deepCopy();
    // Only a name, which must not be taken for that of another schema.
    own.remove("$id");
    JsonSchemaFactory factory = factory(draft);
    checkAgainstDraft(factory, draft, own);
    try {
      OutputSchema made = new OutputSchema(factory.getSchema(own, CONFIG));
      made.checkCost();
      return made;
    } catch (StackOverflowError e) {
      throw new InvalidSchemaException("It refers to itself without end.");
    } catch (RuntimeException e) {
      throw new InvalidSchemaException("It cannot be used.");
    }
  }

  private static VersionFlag draft(ObjectNode json) throws InvalidSchemaException {
    JsonNode named = json.path(SCHEMA);
    String uri = named.isMissingNode() ? SchemaId.V202012 : named.asText();
    VersionFlag draft = DRAFTS.get(uri.endsWith("#") ? uri.substring(0, uri.length() - 1) : uri);
    if (draft == null) {
      throw new InvalidSchemaException(
          "Its $schema must be left out or be one of " + String.join(", ", DRAFTS.keySet()) + ".");
    }
    return draft;
  }

  private static void checkParts(ObjectNode root, JsonNode part, int depth)
      throws InvalidSchemaException {
    if (depth > MAX_NESTING) {
      throw new InvalidSchemaException("It may nest at most " + MAX_NESTING + " levels.");
    }
    for (Map.Entry<String, JsonNode> each : part.properties()) {
      String name = each.getKey();
      JsonNode value = each.getValue();
      if (REFERENCES.contains(name) && value.isTextual() && !resolves(root, value.textValue())) {
        throw new InvalidSchemaException(
            "A " + name + " must point at a part of the schema, as #/$defs/NAME does.");
      }
      if (name.equals("pattern") && value.isTextual()) {
        checkPattern(value.textValue());
      }
      if (name.equals("patternProperties")) {
        for (var names = value.fieldNames(); names.hasNext(); ) {
          checkPattern(names.next());
        }
      }
      if (depth > 1 && value.isTextual() && (name.equals("$id") || name.equals(SCHEMA))) {
        throw new InvalidSchemaException("Only the schema itself may have a " + name + ".");
      }
      if (!VALUES.contains(name) || value.isObject()) {
        checkParts(root, value, depth + 1);
      }
    }
    if (part.isArray()) {
      for (JsonNode element : part) {
        checkParts(root, element, depth + 1);
      }
    }
  }

  private static boolean resolves(ObjectNode root, String reference) {
    if (!reference.startsWith("#")) {
      return false;
    }
    try {
      String pointer = URLDecoder.decode(reference.substring(1), StandardCharsets.UTF_8);
      return !root.at(pointer).isMissingNode();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void checkPattern(String regex) throws InvalidSchemaException {
    try {
      Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new InvalidSchemaException("One of its patterns is not a regular expression.");
    }
  }

  private static JsonSchemaFactory factory(VersionFlag draft) {
    ClasspathSchemaLoader bundled = new ClasspathSchemaLoader();
    // Nothing is ever fetched: what is no part of the library does not exist.
    return JsonSchemaFactory.getInstance(
        draft,
        builder ->
            builder.schemaLoaders(
                loaders ->
                    loaders.add(
                        iri -> {
                          var source = bundled.getSchema(iri);
                          if (source == null) {
                            throw new IllegalArgumentException("no schema is fetched");
                          }
                          return source;
                        })));
  }

  private static void checkAgainstDraft(
      JsonSchemaFactory factory, VersionFlag draft, ObjectNode own) throws InvalidSchemaException {
    JsonSchema meta = factory.getSchema(SchemaLocation.of(draft.getId()), CONFIG);
    for (ValidationMessage problem : meta.validate(own)) {
      throw new InvalidSchemaException(
          "It is no valid schema at "
              + problem.getInstanceLocation()
              + ": "
              + problem.getMessageKey()
              + ".");
    }
  }

  /** A schema that never ends, or multiplies, mostly does so with any value. */
  private void checkCost() throws InvalidSchemaException {
    for (String probe : List.of("{}", "[]", "\"\"", "0", "null")) {
      if (problems(probe).stream().anyMatch(Problem::isCost)) {
        throw new InvalidSchemaException("It refers to itself too often to be checked.");
      }
    }
  }

  /**
   * Why an answer is not valid.
   *
   * @param keyword where in the schema, as {@code #/properties/age/type}: never holds the answer
   * @param detail in English, for whoever wrote the answer; may quote it
   */
  public record Problem(String keyword, String detail) {
    private static final Problem NOT_JSON =
        new Problem("(not JSON)", "The answer is not one JSON value without text around it.");
    private static final Problem TOO_COSTLY =
        new Problem("(too complex)", "The answer is too complex to be checked.");

    boolean isCost() {
      return equals(TOO_COSTLY);
    }
  }

  /** What is wrong with {@code answer}, at most {@value #MAX_PROBLEMS}; empty when it is valid. */
  public List<Problem> problems(String answer) {
    JsonNode json;
    try {
      json = MAPPER.readTree(answer);
    } catch (JsonProcessingException | NumberFormatException e) {
      return List.of(Problem.NOT_JSON);
    }
    if (json.isMissingNode()) {
      return List.of(Problem.NOT_JSON);
    }
    List<Problem> problems = new ArrayList<>();
    try {
      long keywords = Math.min(MAX_KEYWORDS, KEYWORDS + KEYWORDS_PER_CHAR * answer.length());
      Effort effort = new Effort(keywords, PATTERN_CHARS);
      effort.during(
          () ->
              schema.validate(effort, json, OutputFormat.DEFAULT).stream()
                  .limit(MAX_PROBLEMS)
                  .forEach(
                      found ->
                          problems.add(
                              new Problem(
                                  found.getSchemaLocation().toString(), found.getMessage()))));
      if (effort.isExceeded()) {
        return List.of(Problem.TOO_COSTLY);
      }
    } catch (RuntimeException | StackOverflowError e) {
      // The effort is over, or the answer is something the library did not foresee.
      return List.of(Problem.TOO_COSTLY);
    }
    return List.copyOf(problems);
  }
}
