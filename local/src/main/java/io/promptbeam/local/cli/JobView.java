package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    line(lines, "not before", job.path("not_before").asText(""));
    JsonNode waiting = job.path("waiting");
    line(lines, "waiting", waiting.path("message").asText(""));
    if (waiting.path("position").isNumber()) {
      line(lines, "position", position(waiting));
    }
    line(lines, "starts", about(waiting.path("estimated_start_at")));
    line(lines, "ends", about(waiting.path("estimated_end_at")));
    line(lines, "started", job.path("started_at").asText(""));
    line(lines, "completed", job.path("completed_at").asText(""));
    line(lines, "took", took(job));
    line(lines, "attempt", attempts(job));
    line(lines, "tokens", Costs.tokens(job.path("usage")));
    line(lines, "cost", Costs.dollars(job.path("cost_usd")));
    if (job.path("calls").size() > 1) {
      job.path("calls").forEach(call -> line(lines, "call", call(call)));
    }
    error(job).ifPresent(error -> line(lines, "error", error));
    return lines;
  }

  private static String position(JsonNode waiting) {
    String own = waiting.path("ahead_of_owner").asText();
    String share =
        waiting.path("owner_share").isNumber()
            ? String.format(
                Locale.ROOT,
                "; your share is %.0f %%",
                100 * waiting.path("owner_share").doubleValue())
            : "";
    return waiting.path("position").asText() + " jobs before it, " + own + " of them yours" + share;
  }

  private static String about(JsonNode time) {
    return time.isTextual() ? "about " + time.textValue() : "";
  }

  /** Tokens and dollars in one line, for a person who reads the output. */
  static Optional<String> cost(JsonNode job) {
    String tokens = Costs.tokens(job.path("usage"));
    String dollars = Costs.dollars(job.path("cost_usd"));
    return tokens.isEmpty() ? Optional.empty() : Optional.of("(" + tokens + "; " + dollars + ")");
  }

  private static String call(JsonNode call) {
    List<String> parts = new ArrayList<>();
    parts.add("attempt " + call.path("attempt").asInt());
    parts.add(call.path("model_id").asText());
    parts.add(call.path("error").isTextual() ? call.path("error").asText() : "answered");
    parts.add(Costs.tokens(call.path("usage")));
    parts.add(Costs.dollars(call.path("cost_usd")));
    parts.removeIf(String::isEmpty);
    return String.join(", ", parts);
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
