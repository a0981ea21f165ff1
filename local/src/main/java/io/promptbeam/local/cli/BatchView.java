package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.local.run.Progress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;

/** A batch's JSON, for people. */
final class BatchView {
  /** Of {@link #row}. */
  static final List<String> HEADINGS =
      List.of("BATCH", "STATUS", "LINES", "DONE", "FAILED", "CREATED");

  private static final Set<String> ENDED = Set.of("completed", "failed", "expired", "cancelled");
  private static final int SHOWN_PROBLEMS = 10;

  private BatchView() {}

  static boolean hasEnded(JsonNode batch) {
    return ENDED.contains(batch.path("status").asText());
  }

  /** What a command that waited for it answers. */
  static int exitCode(JsonNode batch) {
    boolean good =
        batch.path("status").asText().equals("completed")
            && batch.path("request_counts").path("failed").asLong() == 0;
    return good || !hasEnded(batch) ? ExitCodes.OK : ExitCodes.JOBS_FAILED;
  }

  static Progress.Counts counts(JsonNode batch) {
    JsonNode counts = batch.path("request_counts");
    long total = counts.path("total").asLong();
    return new Progress.Counts(
        total > 0 ? OptionalLong.of(total) : OptionalLong.empty(),
        counts.path("completed").asLong(),
        counts.path("failed").asLong());
  }

  static List<String> row(JsonNode batch) {
    JsonNode counts = batch.path("request_counts");
    return List.of(
        batch.path("id").asText(),
        batch.path("status").asText(),
        number(counts, "total"),
        number(counts, "completed"),
        number(counts, "failed"),
        Instant.ofEpochSecond(batch.path("created_at").asLong()).toString());
  }

  static List<String> lines(JsonNode batch) {
    JsonNode counts = batch.path("request_counts");
    List<String> lines = new ArrayList<>();
    lines.add("batch    " + batch.path("id").asText());
    lines.add("status   " + batch.path("status").asText());
    lines.add(
        "lines    "
            + number(counts, "total")
            + ": "
            + number(counts, "completed")
            + " completed, "
            + number(counts, "failed")
            + " failed"
            + uncalled(batch, "cancelled")
            + uncalled(batch, "expired"));
    String tokens = Costs.tokens(batch.path("usage"));
    if (!tokens.isEmpty()) {
      lines.add("tokens   " + tokens);
    }
    JsonNode cost = batch.path("promptbeam").path("cost_usd");
    if (cost.isNumber()) {
      lines.add("cost     $" + cost.decimalValue().toPlainString());
    }
    JsonNode ours = batch.path("promptbeam");
    if (ours.path("retry_of").isTextual()) {
      lines.add("retry of " + ours.path("retry_of").asText());
    }
    for (String name : List.of("warning", "waiting")) {
      if (ours.path(name).isObject()) {
        lines.add(
            String.format(Locale.ROOT, "%-8s ", name) + ours.path(name).path("message").asText());
      }
    }
    for (String name : List.of("in_progress_at", "completed_at", "cancelled_at", "expired_at")) {
      if (batch.path(name).isNumber()) {
        String label = name.equals("in_progress_at") ? "started" : "ended";
        lines.add(
            String.format(Locale.ROOT, "%-8s ", label)
                + Instant.ofEpochSecond(batch.path(name).asLong()));
      }
    }
    JsonNode problems = batch.path("errors").path("data");
    for (int i = 0; i < Math.min(SHOWN_PROBLEMS, problems.size()); i++) {
      JsonNode problem = problems.get(i);
      String where = problem.path("line").isNumber() ? "line " + problem.path("line") + ": " : "";
      String param = problem.path("param").asText("");
      lines.add(
          "problem  "
              + where
              + (param.isEmpty() || problem.path("param").isNull() ? "" : param + ": ")
              + problem.path("message").asText());
    }
    if (problems.size() > SHOWN_PROBLEMS) {
      lines.add("problem  and more: --json shows " + problems.size());
    }
    return lines;
  }

  private static String uncalled(JsonNode batch, String how) {
    JsonNode lines = batch.path("promptbeam").path("lines");
    return lines.path(how).asLong() == 0 ? "" : ", " + number(lines, how) + " " + how;
  }

  private static String number(JsonNode object, String field) {
    return Costs.number(object, field);
  }
}
