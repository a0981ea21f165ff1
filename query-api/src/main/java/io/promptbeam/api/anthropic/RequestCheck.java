package io.promptbeam.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.batch.SeenIds;
import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.store.JobStore;
import io.promptbeam.submit.StrictJson;
import java.util.Iterator;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks one creation's requests, one after the other, and makes lines of them. */
final class RequestCheck {
  private static final Pattern CUSTOM_ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Set<String> FIELDS = Set.of("custom_id", "params");

  /** What a stored request has around its params. */
  private static final int WRAPPING_BYTES = 1_000;

  private final ModelCatalog catalog;
  private final SeenIds ids = new SeenIds();

  RequestCheck(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * The request as a line, without its end.
   *
   * @param index counted from 0
   */
  byte[] line(int index, JsonNode request) {
    String at = "requests." + index;
    if (!(request instanceof ObjectNode object)) {
      throw Invalid.field(at, "Input should be an object");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!FIELDS.contains(name)) {
        throw Invalid.unknown(at + ".", name);
      }
    }
    checkId(at + ".custom_id", object.path("custom_id"));
    checkParams(at + ".params", object.path("params"));
    byte[] line = StrictJson.write(object);
    if (line.length > JobStore.MAX_REQUEST_BYTES - WRAPPING_BYTES) {
      throw MeteredStream.tooLong(at).asException();
    }
    return line;
  }

  private void checkId(String field, JsonNode id) {
    if (id.isMissingNode()) {
      throw Invalid.required(field);
    }
    if (!id.isTextual() || !CUSTOM_ID.matcher(id.textValue()).matches()) {
      throw Invalid.field(field, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    }
    if (!ids.add(id.textValue())) {
      throw Invalid.field(field, "Each custom_id must be unique within the batch");
    }
  }

  private void checkParams(String field, JsonNode params) {
    if (params.isMissingNode()) {
      throw Invalid.required(field);
    }
    if (!params.isObject()) {
      throw Invalid.field(field, "Input should be an object");
    }
    checkModel(field + ".model", params.path("model"));
    JsonNode maxTokens = params.path("max_tokens");
    if (maxTokens.isMissingNode()) {
      throw Invalid.required(field + ".max_tokens");
    }
    if (!maxTokens.isIntegralNumber() || maxTokens.bigIntegerValue().signum() <= 0) {
      throw Invalid.field(field + ".max_tokens", "Input should be an integer greater than 0");
    }
    JsonNode messages = params.path("messages");
    if (messages.isMissingNode()) {
      throw Invalid.required(field + ".messages");
    }
    if (!messages.isArray()) {
      throw Invalid.field(field + ".messages", "Input should be a list");
    }
    if (messages.isEmpty()) {
      throw Invalid.field(field + ".messages", "at least one message is required");
    }
    JsonNode stream = params.path("stream");
    if (!stream.isMissingNode() && !(stream.isBoolean() && !stream.booleanValue())) {
      throw Invalid.field(field + ".stream", "Streaming is not supported in batches");
    }
  }

  private void checkModel(String field, JsonNode model) {
    if (model.isMissingNode()) {
      throw Invalid.required(field);
    }
    if (!model.isTextual()) {
      throw Invalid.field(field, "Input should be a string");
    }
    if (catalog.find(model.textValue()).isEmpty()) {
      throw Invalid.field(field, "This server has no such model");
    }
  }
}
