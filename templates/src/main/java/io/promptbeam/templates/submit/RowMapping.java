package io.promptbeam.templates.submit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.submit.MalformedJsonException;
import io.promptbeam.submit.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How rows become requests. Workers read it from the options, as the launch does.
 *
 * @param source of the prompt, or of the whole body
 * @param parameters for all bodies, merged into each
 * @param bodyColumns fields of a body, and the columns they come from
 */
record RowMapping(
    RequestForm form,
    Source source,
    Optional<PromptTemplate> system,
    Optional<String> model,
    ObjectNode parameters,
    Map<String, String> bodyColumns,
    Optional<String> idColumn,
    Optional<String> nullText) {

  /** Where what is asked comes from. */
  sealed interface Source {
    /** A prompt of columns. */
    record Prompt(PromptTemplate template) implements Source {}

    /** A column with a whole body. */
    record Body(String column) implements Source {}
  }

  static RowMapping of(SubmitFileOptions options) {
    RequestForm form = RequestForm.of(options.getEndpoint());
    Optional<PromptTemplate> system =
        given(options.getSystemTemplate()).map(text -> parsed("systemTemplate", text));
    Source source = source(options);
    if (system.isPresent() && (source instanceof Source.Body || !form.takesSystemMessage())) {
      throw new IllegalArgumentException(
          "--systemTemplate goes with a prompt for "
              + RequestForm.CHAT_COMPLETIONS.endpoint()
              + " or "
              + RequestForm.RESPONSES.endpoint());
    }
    ObjectNode parameters = object("parameters", given(options.getParameters()));
    Integer limit = options.getMaxOutputTokens();
    if (limit != null) {
      if (limit < 1) {
        throw new IllegalArgumentException("--maxOutputTokens must be at least 1");
      }
      String field =
          form.outputLimit()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "--maxOutputTokens has no meaning for " + form.endpoint()));
      parameters.put(field, limit);
    }
    Map<String, String> bodyColumns = bodyColumns(given(options.getColumnMapping()));
    Optional<String> model = given(options.getModel());
    boolean rowsNameIt = source instanceof Source.Body || bodyColumns.containsKey("model");
    if (model.isEmpty() && !rowsNameIt) {
      throw new IllegalArgumentException("missing --model");
    }
    return new RowMapping(
        form,
        source,
        system,
        model,
        parameters,
        bodyColumns,
        given(options.getIdColumn()),
        Optional.ofNullable(options.getNullText()));
  }

  private static Source source(SubmitFileOptions options) {
    var template = given(options.getPromptTemplate());
    var column = given(options.getPromptColumn());
    var body = given(options.getBodyColumn());
    long ways = Stream.of(template, column, body).filter(Optional::isPresent).count();
    if (ways != 1) {
      throw new IllegalArgumentException(
          "give exactly one of --promptTemplate, --promptTemplateFile, --promptColumn and"
              + " --bodyColumn");
    }
    if (body.isPresent()) {
      return new Source.Body(body.get());
    }
    return new Source.Prompt(
        column
            .map(PromptTemplate::ofColumn)
            .orElseGet(() -> parsed("promptTemplate", template.orElseThrow())));
  }

  /** The columns that every row must have. */
  Set<String> columns() {
    Set<String> names = new LinkedHashSet<>();
    if (source instanceof Source.Prompt prompt) {
      names.addAll(prompt.template().columns());
    } else if (source instanceof Source.Body body) {
      names.add(body.column());
    }
    system.ifPresent(template -> names.addAll(template.columns()));
    names.addAll(bodyColumns.values());
    idColumn.ifPresent(names::add);
    return names;
  }

  private static PromptTemplate parsed(String option, String template) {
    try {
      return PromptTemplate.parse(template);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--" + option + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, String> bodyColumns(Optional<String> json) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : object("columnMapping", json).properties()) {
      if (!each.getValue().isTextual()) {
        throw new IllegalArgumentException(
            "--columnMapping must give a column's name for each field of the body");
      }
      columns.put(each.getKey(), each.getValue().textValue());
    }
    return columns;
  }

  static ObjectNode object(String option, Optional<String> json) {
    try {
      if (StrictJson.read(json.orElse("{}").getBytes(StandardCharsets.UTF_8))
          instanceof ObjectNode object) {
        return object;
      }
      throw new IllegalArgumentException("--" + option + " must be a JSON object");
    } catch (MalformedJsonException e) {
      throw new IllegalArgumentException(
          "--" + option + " must be a JSON object; it " + e.what(), e);
    }
  }

  static Optional<String> given(@Nullable String option) {
    return Optional.ofNullable(option).filter(text -> !text.isBlank());
  }
}
