package io.promptbeam.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.ProviderKind;
import java.util.Optional;

/** What form a body of one provider asks the answer in, told to another. */
record AnswerShape(boolean json, Optional<JsonNode> schema) {
  private static final AnswerShape TEXT = new AnswerShape(false, Optional.empty());

  /** Of OpenAI's {@code response_format}. */
  static AnswerShape ofResponseFormat(JsonNode format, String at)
      throws InvalidSubmissionException {
    return switch (type(format)) {
      case "text" -> TEXT;
      case "json_object" -> new AnswerShape(true, Optional.empty());
      case "json_schema" -> withSchema(format.path("json_schema").path("schema"), at);
      default -> throw Fields.invalid(at + ".type", "It must be text, json_object or json_schema.");
    };
  }

  /** Of Anthropic's {@code output_config.format}. */
  static AnswerShape ofOutputFormat(JsonNode format, String at) throws InvalidSubmissionException {
    return switch (type(format)) {
      case "text" -> TEXT;
      case "json_schema" -> withSchema(format.path("schema"), at);
      default -> throw Fields.invalid(at + ".type", "It must be json_schema.");
    };
  }

  private static String type(JsonNode format) {
    return format.isMissingNode() || format.isNull() ? "text" : format.path("type").asText("");
  }

  private static AnswerShape withSchema(JsonNode schema, String at)
      throws InvalidSubmissionException {
    if (!schema.isObject()) {
      throw Fields.wrongType(at, "a format with a JSON schema");
    }
    return new AnswerShape(true, Optional.of(schema));
  }

  /** Sets what the adapter of {@code provider} passes on. */
  void addTo(ObjectNode params, ProviderKind provider, String at)
      throws InvalidSubmissionException {
    if (!json) {
      return;
    }
    switch (provider) {
      case GEMINI -> {
        params.put("responseMimeType", "application/json");
        schema.ifPresent(given -> params.set("responseJsonSchema", given));
      }
      case ANTHROPIC -> {
        JsonNode given =
            schema.orElseThrow(
                () ->
                    Fields.invalid(
                        at, "A model of provider anthropic needs a schema; use json_schema."));
        params
            .putObject("output_config")
            .putObject("format")
            .put("type", "json_schema")
            .set("schema", given);
      }
      case OPENAI, SIMULATED -> {
        ObjectNode format = params.putObject("response_format");
        format.put("type", schema.isPresent() ? "json_schema" : "json_object");
        schema.ifPresent(
            given -> format.putObject("json_schema").put("name", "answer").set("schema", given));
      }
    }
  }
}
