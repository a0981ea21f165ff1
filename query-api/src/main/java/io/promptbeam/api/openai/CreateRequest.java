package io.promptbeam.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.FileId;
import io.promptbeam.submit.CompletionWindow;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a batch is to be made of, checked but for the file.
 *
 * @param window as the caller wrote it
 * @param dryRun whether none is to be made, and only told what would come of it
 */
record CreateRequest(
    FileId input,
    String endpoint,
    String window,
    Duration windowLength,
    Map<String, String> metadata,
    Optional<Duration> outputKept,
    boolean dryRun) {
  private static final String INPUT = "input_file_id";
  private static final String ENDPOINT = "endpoint";
  private static final String WINDOW = "completion_window";
  private static final String METADATA = "metadata";
  private static final String DRY_RUN = "dry_run";
  private static final String OUTPUT_KEPT = "output_expires_after";
  private static final Set<String> KNOWN =
      Set.of(INPUT, ENDPOINT, WINDOW, METADATA, OUTPUT_KEPT, DRY_RUN);

  private static final List<String> ENDPOINTS =
      List.of("/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions");

  private static final int MAX_PAIRS = 16;
  private static final int MAX_KEY_CHARS = 64;
  private static final int MAX_VALUE_CHARS = 512;

  CreateRequest {
    metadata = Map.copyOf(metadata);
  }

  static CreateRequest of(JsonNode body) {
    if (!(body instanceof ObjectNode object)) {
      throw Answers.invalid("invalid_type", "body", "The body must be a JSON object.");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!KNOWN.contains(name)) {
        throw Answers.invalid(
            "unknown_parameter",
            Answers.shown(name),
            "Unknown parameter: " + Answers.shown(name) + ".");
      }
    }
    String file = requiredText(object, INPUT);
    FileId input = FileId.parse(file).orElseThrow(() -> unusable(file));
    String window = requiredText(object, WINDOW);
    return new CreateRequest(
        input,
        endpoint(requiredText(object, ENDPOINT)),
        window,
        windowLength(window),
        metadata(object.path(METADATA)),
        outputKept(object.path(OUTPUT_KEPT)),
        dryRun(object.path(DRY_RUN)));
  }

  private static boolean dryRun(JsonNode given) {
    if (!given.isMissingNode() && !given.isNull() && !given.isBoolean()) {
      throw Answers.invalid("invalid_type", DRY_RUN, DRY_RUN + " must be true or false.");
    }
    return given.asBoolean();
  }

  /** Output files cannot be an input; other ids are nobody's. */
  private static RuntimeException unusable(String file) {
    return OutputId.parse(file).isPresent()
        ? CreateHandler.wrongPurpose(FileViews.BATCH_OUTPUT)
        : CreateHandler.noInput(file);
  }

  private static String requiredText(ObjectNode object, String name) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      throw Answers.invalid(
          "missing_required_parameter", name, "Missing required parameter: '" + name + "'.");
    }
    if (!value.isTextual()) {
      throw Answers.invalid("invalid_type", name, name + " must be a string.");
    }
    return value.textValue();
  }

  private static String endpoint(String given) {
    if (!ENDPOINTS.contains(given)) {
      throw Answers.invalid(
          "invalid_value",
          ENDPOINT,
          "endpoint must be one of "
              + String.join(", ", ENDPOINTS)
              + ", not "
              + Answers.shown(given)
              + ".");
    }
    return given;
  }

  private static Duration windowLength(String window) {
    return CompletionWindow.parse(window)
        .map(CompletionWindow::length)
        .orElseThrow(
            () ->
                Answers.invalid(
                    "invalid_value", WINDOW, WINDOW + " must be " + CompletionWindow.FORM + "."));
  }

  private static Map<String, String> metadata(JsonNode given) {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (given.isMissingNode() || given.isNull()) {
      return metadata;
    }
    if (!given.isObject()) {
      throw Answers.invalid("invalid_type", METADATA, "metadata must be an object of strings.");
    }
    if (given.size() > MAX_PAIRS) {
      throw Answers.invalid(
          "object_above_max_properties",
          METADATA,
          "metadata may have at most " + MAX_PAIRS + " pairs.");
    }
    given.fields().forEachRemaining(pair -> metadata.put(key(pair.getKey()), value(pair)));
    return metadata;
  }

  private static String key(String key) {
    if (key.codePointCount(0, key.length()) > MAX_KEY_CHARS) {
      throw Answers.invalid(
          "string_above_max_length",
          METADATA,
          "A key of metadata may have at most " + MAX_KEY_CHARS + " characters.");
    }
    return key;
  }

  private static String value(Map.Entry<String, JsonNode> pair) {
    String name = METADATA + "." + pair.getKey();
    if (!pair.getValue().isTextual()) {
      throw Answers.invalid("invalid_type", name, "A value of metadata must be a string.");
    }
    String value = pair.getValue().textValue();
    if (value.codePointCount(0, value.length()) > MAX_VALUE_CHARS) {
      throw Answers.invalid(
          "string_above_max_length",
          name,
          "A value of metadata may have at most " + MAX_VALUE_CHARS + " characters.");
    }
    return value;
  }

  private static Optional<Duration> outputKept(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return Optional.empty();
    }
    if (!given.isObject()) {
      throw Answers.invalid(
          "invalid_type", OUTPUT_KEPT, "output_expires_after must be {anchor, seconds}.");
    }
    return Optional.of(
        Expiry.of(
            OUTPUT_KEPT + ".%s", scalar(given.path("anchor")), scalar(given.path("seconds"))));
  }

  private static Optional<String> scalar(JsonNode value) {
    return value.isTextual() || value.isIntegralNumber()
        ? Optional.of(value.asText())
        : Optional.empty();
  }
}
