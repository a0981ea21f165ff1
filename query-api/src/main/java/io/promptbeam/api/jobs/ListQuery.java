package io.promptbeam.api.jobs;

import io.promptbeam.api.http.OwnerParameter;
import io.promptbeam.api.http.Problems;
import io.promptbeam.job.JobState;
import io.promptbeam.store.JobFilter;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The query of a list. An unknown parameter is refused: ignored, it would show too much. */
record ListQuery(JobFilter filter, int pageSize, Optional<String> pageToken) {
  private static final int MAX_PAGE_SIZE = 100;
  private static final int DEFAULT_PAGE_SIZE = 20;
  private static final int MAX_TEXT_CHARS = 100;

  private static final Set<String> KNOWN =
      Set.of(
          "status",
          "job_type",
          "model_id",
          "question_id",
          "batch_id",
          "text",
          OwnerParameter.NAME,
          "created_after",
          "created_before",
          "page_size",
          "page_token");

  static ListQuery of(Map<String, List<String>> query) {
    for (Map.Entry<String, List<String>> parameter : query.entrySet()) {
      if (!KNOWN.contains(parameter.getKey())) {
        throw Problems.invalidParameter(
                parameter.getKey(),
                "This parameter is not known here. Known are "
                    + String.join(", ", new TreeSet<>(KNOWN))
                    + ".")
            .asException();
      }
      if (parameter.getValue().size() != 1) {
        throw Problems.invalidParameter(parameter.getKey(), "Give it once.").asException();
      }
    }
    JobFilter filter =
        new JobFilter(
            value(query, "status").map(ListQuery::state),
            value(query, "job_type"),
            value(query, "model_id"),
            value(query, "question_id"),
            value(query, "batch_id"),
            value(query, "created_after").map(text -> time("created_after", text)),
            value(query, "created_before").map(text -> time("created_before", text)),
            value(query, "text").map(ListQuery::text));
    return new ListQuery(
        filter,
        value(query, "page_size").map(ListQuery::pageSize).orElse(DEFAULT_PAGE_SIZE),
        value(query, "page_token"));
  }

  /** An empty value counts as none, as forms send it. */
  private static Optional<String> value(Map<String, List<String>> query, String name) {
    return query.getOrDefault(name, List.of()).stream().filter(text -> !text.isEmpty()).findFirst();
  }

  private static String text(String text) {
    if (text.codePointCount(0, text.length()) > MAX_TEXT_CHARS) {
      throw Problems.invalidParameter(
              "text", "It must have 1 to " + MAX_TEXT_CHARS + " characters.")
          .asException();
    }
    return text;
  }

  private static JobState state(String name) {
    return JobState.parse(name)
        .orElseThrow(
            () ->
                Problems.invalidParameter(
                        "status",
                        "It must be pending, processing, completed, failed, cancelled or expired.")
                    .asException());
  }

  private static Instant time(String name, String text) {
    try {
      // A plus that was not percent-encoded arrives as a space.
      return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
    } catch (DateTimeParseException e) {
      throw Problems.invalidParameter(
              name, "It must be a time such as 2026-01-31T12:00:00Z (RFC 3339).")
          .asException();
    }
  }

  private static int pageSize(String text) {
    try {
      int size = Integer.parseInt(text);
      if (size >= 1 && size <= MAX_PAGE_SIZE) {
        return size;
      }
    } catch (NumberFormatException e) {
      // Answered like a number out of range.
    }
    throw Problems.invalidParameter("page_size", "It must be from 1 to " + MAX_PAGE_SIZE + ".")
        .asException();
  }
}
