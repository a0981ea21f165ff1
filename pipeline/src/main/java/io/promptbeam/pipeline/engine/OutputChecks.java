package io.promptbeam.pipeline.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.job.JobSpec;
import io.promptbeam.job.OutputText;
import io.promptbeam.pipeline.llm.LlmAnswer;
import io.promptbeam.schema.InvalidSchemaException;
import io.promptbeam.schema.OutputSchema;
import io.promptbeam.schema.OutputSchema.Problem;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds answers to the schema of their job. Per worker; thread-safe. */
final class OutputChecks {
  private static final int KEPT_SCHEMAS = 100;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Problem NO_TEXT = new Problem("(no text)", "The answer has no text.");
  private static final Problem NO_SCHEMA =
      new Problem("(schema)", "The schema cannot be used by this version.");

  private final Map<ObjectNode, OutputSchema> compiled =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ObjectNode, OutputSchema> eldest) {
          return size() > KEPT_SCHEMAS;
        }
      };

  /**
   * An answer that does not do.
   *
   * @param text of the answer; empty when it has none
   */
  record Invalid(String text, List<Problem> problems) {}

  /** Empty when the answer is valid, or the job asks for nothing of the kind. */
  Optional<Invalid> invalid(JobSpec spec, LlmAnswer answer) {
    return spec.options().outputSchema().flatMap(schema -> invalid(schema, answer));
  }

  private Optional<Invalid> invalid(ObjectNode schema, LlmAnswer answer) {
    Optional<String> text = text(answer);
    if (text.isEmpty()) {
      return Optional.of(new Invalid("", List.of(NO_TEXT)));
    }
    List<Problem> problems;
    try {
      problems = compiled(schema).problems(text.get());
    } catch (InvalidSchemaException e) {
      problems = List.of(NO_SCHEMA);
    }
    return problems.isEmpty() ? Optional.empty() : Optional.of(new Invalid(text.get(), problems));
  }

  private OutputSchema compiled(ObjectNode schema) throws InvalidSchemaException {
    synchronized (compiled) {
      OutputSchema known = compiled.get(schema);
      if (known != null) {
        return known;
      }
    }
    OutputSchema made = OutputSchema.of(schema);
    synchronized (compiled) {
      compiled.put(schema, made);
    }
    return made;
  }

  private static Optional<String> text(LlmAnswer answer) {
    try {
      JsonNode body = MAPPER.readTree(answer.body());
      return OutputText.of(body);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
