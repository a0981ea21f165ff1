package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.IntConsumer;
import picocli.CommandLine.Option;

/** Which jobs to run again, when they are not named one by one. */
final class RetryFilter {
  private static final Set<String> WITHOUT_ANSWER = Set.of("failed", "expired", "cancelled");
  private static final int PAGE_SIZE = 100;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      split = ",",
      description =
          "failed, expired or cancelled; several with commas. Default, with any other filter:"
              + " failed.")
  private List<String> statuses = List.of();

  @Option(
      names = "--code",
      paramLabel = "CODE",
      split = ",",
      description = "Jobs whose error has this code, for example provider_error. Repeatable.")
  private List<String> codes = List.of();

  @Option(names = "--model", paramLabel = "ID", description = "Jobs of this model.")
  private Optional<String> model = Optional.empty();

  @Option(names = "--type", paramLabel = "TYPE", description = "Jobs of this type.")
  private Optional<String> type = Optional.empty();

  @Option(names = "--batch", paramLabel = "ID", description = "Jobs of this batch.")
  private Optional<String> batch = Optional.empty();

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      description = "Jobs created since: 30m, 2h, 7d, or a time as 2026-11-01T00:00:00Z.")
  private Optional<String> since = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many jobs, the newest. Default: all that match.")
  private Optional<Integer> limit = Optional.empty();

  /** A job that matches, and what a person wants to know before it runs again. */
  record Match(String jobId, String status, String modelId, String code) {}

  boolean isGiven() {
    return !statuses.isEmpty()
        || !codes.isEmpty()
        || model.isPresent()
        || type.isPresent()
        || batch.isPresent()
        || since.isPresent()
        || limit.isPresent();
  }

  /**
   * Every job that matches, newest first within a status, from as many pages as there are.
   *
   * @param listed told how many jobs were looked at so far
   */
  List<Match> find(ServiceClient client, Instant now, IntConsumer listed) {
    Optional<Instant> createdAfter = since.map(text -> Since.parse(text, now));
    int most = limit.orElse(Integer.MAX_VALUE);
    List<Match> matches = new ArrayList<>();
    int[] seen = {0};
    for (String status : statuses.isEmpty() ? List.of("failed") : statuses) {
      Optional<String> page = Optional.empty();
      do {
        page =
            client.list(
                query(status, createdAfter, page),
                job -> {
                  seen[0]++;
                  Match match = match(job);
                  if (matches.size() < most && (codes.isEmpty() || codes.contains(match.code()))) {
                    matches.add(match);
                  }
                });
        listed.accept(seen[0]);
      } while (page.isPresent() && matches.size() < most);
    }
    return matches;
  }

  /**
   * Finds out what is wrong with it before anything is listed.
   *
   * @throws CliException naming the option
   */
  void check(Instant now) {
    since.ifPresent(text -> Since.parse(text, now));
    for (String status : statuses) {
      if (!WITHOUT_ANSWER.contains(status)) {
        throw CliException.usage(
            "--status must be failed, expired or cancelled, not '"
                + status
                + "': only jobs that ended without an answer can be retried");
      }
    }
    if (limit.isPresent() && limit.get() < 1) {
      throw CliException.usage("--limit must be at least 1");
    }
  }

  private static Match match(JsonNode job) {
    return new Match(
        job.path("job_id").asText(),
        job.path("status").asText(),
        job.path("model_id").asText(),
        job.path("error").path("code").asText(""));
  }

  private String query(String status, Optional<Instant> createdAfter, Optional<String> page) {
    StringJoiner query = new StringJoiner("&", "?", "");
    query.add("page_size=" + PAGE_SIZE);
    add(query, "status", Optional.of(status));
    add(query, "model_id", model);
    add(query, "job_type", type);
    add(query, "batch_id", batch);
    add(query, "created_after", createdAfter.map(Instant::toString));
    add(query, "page_token", page);
    return query.toString();
  }

  private static void add(StringJoiner query, String name, Optional<String> value) {
    value.ifPresent(v -> query.add(name + "=" + URLEncoder.encode(v, StandardCharsets.UTF_8)));
  }
}
