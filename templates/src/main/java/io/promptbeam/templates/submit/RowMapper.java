package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.MergePatch;
import io.promptbeam.submit.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Makes lines of a batch's file of rows. Pure. */
final class RowMapper {
  private final RowMapping mapping;

  RowMapper(RowMapping mapping) {
    this.mapping = mapping;
  }

  /** A line that says all that it has to; whether its model takes it is looked at elsewhere. */
  ObjectNode line(InputRow row) throws InvalidRowException {
    Columns columns = new Columns(row.columns(), mapping.nullText());
    ObjectNode body = body(columns);
    MergePatch.apply(mapping.parameters(), body);
    for (Map.Entry<String, String> each : mapping.bodyColumns().entrySet()) {
      JsonNode value = columns.value(each.getValue());
      if (!value.isNull()) {
        body.set(each.getKey(), value);
      }
    }
    Optional<String> model = mapping.model();
    if (model.isPresent() && !body.hasNonNull("model")) {
      body.put("model", model.get());
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("custom_id", id(row, columns));
    line.put("method", "POST");
    line.put("url", mapping.form().endpoint());
    line.set("body", body);
    return line;
  }

  private ObjectNode body(Columns columns) throws InvalidRowException {
    if (mapping.source() instanceof RowMapping.Source.Prompt prompt) {
      String text = prompt.template().fill(columns);
      if (text.isBlank()) {
        throw new InvalidRowException("empty_prompt", "Its prompt would be empty.");
      }
      Optional<PromptTemplate> template = mapping.system();
      Optional<String> system =
          template.isPresent() ? Optional.of(template.get().fill(columns)) : Optional.empty();
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      mapping.form().put(body, text, system.filter(message -> !message.isBlank()));
      return body;
    }
    String column = ((RowMapping.Source.Body) mapping.source()).column();
    JsonNode value = columns.value(column);
    JsonNode body = value.isTextual() ? read(column, value.textValue()) : value;
    if (body instanceof ObjectNode object) {
      return object.deepCopy();
    }
    throw new InvalidRowException("invalid_body", "Column " + column + " holds no JSON object.");
  }

  private static JsonNode read(String column, String json) throws InvalidRowException {
    try {
      return StrictJson.read(json.getBytes(StandardCharsets.UTF_8));
    } catch (MalformedJsonException e) {
      throw new InvalidRowException("invalid_body", "Column " + column + " " + e.what() + ".");
    }
  }

  private String id(InputRow row, Columns columns) throws InvalidRowException {
    Optional<String> column = mapping.idColumn();
    if (column.isEmpty()) {
      return row.place();
    }
    JsonNode value = columns.value(column.get());
    String id = value.isNull() || value.isContainerNode() ? "" : columns.text(column.get());
    if (id.isBlank()) {
      throw new InvalidRowException("missing_id", "Column " + column.get() + " holds no id.");
    }
    return id;
  }
}
