package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A job of the polling API as a person reads it. */
final class JobView {
  static final List<String> HEADINGS =
      List.of("JOB", "STATUS", "MODEL", "TYPE", "CREATED", "TOOK", "ATTEMPT");

  private JobView() {}

  static boolean isComplete(JsonNode job) {
    return job.path("is_complete").asBoolean();
  }

  static boolean hasFailed(JsonNode job) {
    return isComplete(job) && !"completed".equals(job.path("status").asText());
  }

  /** One cell per heading. */
  static List<String> row(JsonNode job) {
    return List.of(
        job.path("job_id").asText(),
        job.path("status").asText(),
        job.path("model_id").asText(),
        job.path("job_type").asText(),
        job.path("created_at").asText(),
        took(job),
        attempts(job));
  }

  /** Everything worth knowing, a line each. */
  static List<String> lines(JsonNode job) {
    List<String> lines = new ArrayList<>();
    line(lines, "job", job.path("job_id").asText());
    line(lines, "status", job.path("status").asText());
    line(lines, "model", job.path("model_id").asText());
    line(lines, "type", job.path("job_type").asText());
    line(lines, "created", job.path("created_at").asText());
    line(lines, "started", job.path("started_at").asText(""));
    line(lines, "completed", job.path("completed_at").asText(""));
    line(lines, "took", took(job));
    line(lines, "attempt", attempts(job));
    error(job).ifPresent(error -> line(lines, "error", error));
    return lines;
  }

  /** The error's code and message. */
  static Optional<String> error(JsonNode job) {
    JsonNode error = job.path("error");
    return error.isObject()
        ? Optional.of(error.path("code").asText() + ": " + error.path("message").asText())
        : Optional.empty();
  }

  /** What the model said, or its whole answer where that holds no text. */
  static String output(JsonNode job) {
    JsonNode data = job.path("result_data");
    JsonNode text = data.path("output_text");
    return text.isTextual() ? text.textValue() : data.path("response").toPrettyString();
  }

  private static String took(JsonNode job) {
    JsonNode millis = job.path("processing_time_ms");
    return millis.isNumber() ? millis.asLong() + " ms" : "";
  }

  private static String attempts(JsonNode job) {
    return job.path("attempt").asInt() + " of " + job.path("max_attempts").asInt();
  }

  private static void line(List<String> lines, String name, String value) {
    if (!value.isEmpty() && !"null".equals(value)) {
      lines.add(String.format("%-10s %s", name, value));
    }
  }
}
