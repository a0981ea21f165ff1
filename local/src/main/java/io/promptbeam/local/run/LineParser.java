package io.promptbeam.local.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads one line in any of its three forms: {@code {"custom_id","prompt"}}, a provider's own
 * request body, or a line of an OpenAI batch file. It only tells the forms apart; whether the
 * content is right is checked where every other submission's is.
 */
final class LineParser {
  private static final Set<String> PROMPT_FIELDS =
      Set.of("custom_id", "prompt", "system", "params", "metadata", "model");
  private static final int MAX_CUSTOM_ID_CHARS = 512;
  private static final int MAX_SHOWN_NAME_CHARS = 40;

  private LineParser() {}

  static InputLine.Accepted parse(long number, byte[] line) throws InvalidLineException {
    if (!(json(line) instanceof ObjectNode object)) {
      throw new InvalidLineException("not_an_object", "the line is JSON, but not an object");
    }
    String customId = customId(object, "line-" + number);
    try {
      if (object.has("body") || object.has("url")) {
        return nativeLine(number, customId, object, object.path("body").path("model"), line.length);
      }
      if (isPromptForm(object)) {
        return promptLine(number, customId, object, line.length);
      }
      ObjectNode body = object.deepCopy();
      body.remove("custom_id");
      return nativeLine(number, customId, body, body.path("model"), line.length);
    } catch (InvalidLineException e) {
      throw e.of(customId);
    }
  }

  private static JsonNode json(byte[] line) throws InvalidLineException {
    try {
      return StrictJson.read(line);
    } catch (MalformedJsonException e) {
      throw new InvalidLineException(
          "malformed_json", "the line " + e.what() + " (column " + e.column() + ")");
    }
  }

  private static String customId(ObjectNode line, String whenAbsent) throws InvalidLineException {
    if (!line.hasNonNull("custom_id")) {
      return whenAbsent;
    }
    JsonNode given = line.path("custom_id");
    if (!given.isTextual()
        || given.textValue().isBlank()
        || given.textValue().length() > MAX_CUSTOM_ID_CHARS) {
      throw new InvalidLineException(
          "invalid_value",
          "custom_id: It must be a string of 1 to " + MAX_CUSTOM_ID_CHARS + " characters.");
    }
    return given.textValue();
  }

  /** A completions body has a prompt too; its parameters stand beside it, ours within params. */
  private static boolean isPromptForm(ObjectNode line) {
    boolean onlyOurs = line.properties().stream().allMatch(f -> PROMPT_FIELDS.contains(f.getKey()));
    return onlyOurs || (line.has("prompt") && !line.has("model"));
  }

  private static InputLine.Accepted promptLine(
      long number, String customId, ObjectNode line, int bytes) throws InvalidLineException {
    for (Map.Entry<String, JsonNode> field : line.properties()) {
      if (!PROMPT_FIELDS.contains(field.getKey())) {
        throw new InvalidLineException(
            "unknown_field",
            shortened(field.getKey())
                + ": This field is not known here; provider settings go into params. Known are "
                + String.join(", ", new TreeSet<>(PROMPT_FIELDS))
                + ".");
      }
    }
    if (!line.hasNonNull("prompt")) {
      throw new InvalidLineException(
          "missing_field",
          "prompt: A line needs a prompt, or a request body with messages or input.");
    }
    ObjectNode submission = JsonNodeFactory.instance.objectNode();
    submission.set("full_input", line.get("prompt"));
    copy(line, "system", submission, "system_message");
    copy(line, "params", submission, "params");
    copy(line, "metadata", submission, "metadata");
    return new InputLine.Accepted(number, customId, model(line.path("model")), submission, bytes);
  }

  private static InputLine.Accepted nativeLine(
      long number, String customId, ObjectNode request, JsonNode model, int bytes)
      throws InvalidLineException {
    ObjectNode submission = JsonNodeFactory.instance.objectNode();
    submission.set("request", request);
    return new InputLine.Accepted(number, customId, model(model), submission, bytes);
  }

  private static void copy(ObjectNode from, String name, ObjectNode to, String newName) {
    if (from.hasNonNull(name)) {
      to.set(newName, from.get(name));
    }
  }

  private static Optional<String> model(JsonNode model) throws InvalidLineException {
    if (model.isMissingNode() || model.isNull()) {
      return Optional.empty();
    }
    if (!model.isTextual()) {
      throw new InvalidLineException("wrong_type", "model: It must be a string.");
    }
    return Optional.of(model.textValue());
  }

  private static String shortened(String name) {
    return name.length() <= MAX_SHOWN_NAME_CHARS
        ? name
        : name.substring(0, MAX_SHOWN_NAME_CHARS) + "…";
  }
}
