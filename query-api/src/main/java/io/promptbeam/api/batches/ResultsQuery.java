package io.promptbeam.api.batches;

import io.promptbeam.api.http.ApiRequest;
import io.promptbeam.api.http.Problem;
import io.promptbeam.api.http.ProblemException;
import io.promptbeam.batch.BatchId;
import io.promptbeam.batch.BatchLine;
import io.promptbeam.job.Job;
import io.promptbeam.job.JobId;
import io.promptbeam.job.JobState;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of a batch's lines are asked for. Parameters that are not known are passed over, as in the
 * other lists.
 *
 * @param from the first line to look at, counted from 0
 */
record ResultsQuery(int from, int limit, Optional<String> customId, Optional<JobState> status) {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;
  private static final String LINE_PREFIX = "batch_req_";
  private static final Pattern LINE_ID =
      Pattern.compile(
          LINE_PREFIX + "([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})");

  static ResultsQuery of(ApiRequest request, BatchId batch) {
    return new ResultsQuery(
        text(request, "after").map(id -> after(id, batch)).orElse(0),
        text(request, "limit").map(ResultsQuery::limit).orElse(DEFAULT_LIMIT),
        text(request, "custom_id"),
        text(request, "status").map(ResultsQuery::state));
  }

  /** The id of a line in answers, which serves as a cursor, too. */
  static String lineId(Job line) {
    return LINE_PREFIX + LineAnswer.hex(line);
  }

  static String lineId(BatchLine line) {
    return LINE_PREFIX + line.jobId().toString().replace("-", "");
  }

  boolean matches(Job line) {
    return status.map(wanted -> wanted == line.run().state()).orElse(true)
        && (customId.isEmpty() || customId.equals(line.spec().labels().customId()));
  }

  private static Optional<String> text(ApiRequest request, String name) {
    List<String> values = request.query().getOrDefault(name, List.of());
    return values.stream().findFirst().filter(value -> !value.isEmpty());
  }

  private static int after(String id, BatchId batch) {
    Matcher parts = LINE_ID.matcher(id);
    if (parts.matches()) {
      String uuid =
          String.join(
              "-", parts.group(1), parts.group(2), parts.group(3), parts.group(4), parts.group(5));
      Optional<BatchLine> line =
          JobId.parse(uuid).flatMap(BatchLine::of).filter(found -> found.batch().equals(batch));
      if (line.isPresent()) {
        return line.get().number() + 1;
      }
    }
    throw invalid("after", "after must be the last_id of a page of this batch's results.");
  }

  private static int limit(String text) {
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LIMIT) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number that is out of range.
    }
    throw invalid("limit", "limit must be a whole number from 1 to " + MAX_LIMIT + ".");
  }

  private static JobState state(String name) {
    return JobState.parse(name)
        .orElseThrow(
            () ->
                invalid(
                    "status",
                    "status must be pending, processing, completed, failed, cancelled or"
                        + " expired."));
  }

  private static ProblemException invalid(String param, String message) {
    return Problem.of(400, "invalid_value", "Invalid request", message)
        .withField(param)
        .asException();
  }
}
