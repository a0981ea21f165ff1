package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the caller's jobs. */
@Command(
    name = "list",
    header = "List your jobs, newest first.",
    footer = {
      "  promptbeam list --status failed",
      "  promptbeam list --text eu-west",
      "  promptbeam list --model mock --created-after 2026-11-01T00:00:00Z --limit 500",
      "  promptbeam list --json | jq -r .job_id"
    })
final class ListCommand implements Callable<Integer> {
  private static final int MAX_PAGE = 100;

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Option(
      names = "--owner",
      paramLabel = "OWNER",
      description = "Jobs of this owner. Another's than the key's need the scope admin.")
  private Optional<String> owner = Optional.empty();

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "pending, processing, completed, failed, cancelled or expired.")
  private Optional<String> status = Optional.empty();

  @Option(names = "--model", paramLabel = "MODEL", description = "Jobs of this model.")
  private Optional<String> model = Optional.empty();

  @Option(names = "--job-type", paramLabel = "TYPE", description = "Jobs of this type.")
  private Optional<String> jobType = Optional.empty();

  @Option(names = "--question-id", paramLabel = "ID", description = "Jobs about this question.")
  private Optional<String> questionId = Optional.empty();

  @Option(names = "--batch-id", paramLabel = "ID", description = "Jobs of this batch.")
  private Optional<String> batchId = Optional.empty();

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description =
          "Jobs with this somewhere in a metadata value, their custom id or their question id, in"
              + " upper or lower case.")
  private Optional<String> text = Optional.empty();

  @Option(
      names = "--created-after",
      paramLabel = "TIME",
      description = "Jobs created after this, as 2026-11-01T00:00:00Z.")
  private Optional<String> createdAfter = Optional.empty();

  @Option(
      names = "--created-before",
      paramLabel = "TIME",
      description = "Jobs created before this.")
  private Optional<String> createdBefore = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most so many jobs. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--json", description = "Print one JSON object per job.")
  private boolean json;

  ListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (limit < 1) {
      throw CliException.usage("--limit must be at least 1");
    }
    ServiceClient client = service.client(terminal);
    List<JsonNode> jobs = new ArrayList<>();
    Optional<String> page = Optional.empty();
    do {
      JsonNode answer = client.list(query(Math.min(MAX_PAGE, limit - jobs.size()), page)).body();
      answer.path("jobs").forEach(jobs::add);
      page = Optional.ofNullable(answer.path("next_page_token").textValue());
    } while (page.isPresent() && jobs.size() < limit);
    print(jobs);
    if (page.isPresent() && !json) {
      terminal.err().println("There are more: raise --limit.");
    }
    return ExitCodes.OK;
  }

  private void print(List<JsonNode> jobs) {
    if (json) {
      jobs.forEach(job -> terminal.out().println(job));
    } else if (jobs.isEmpty()) {
      terminal.err().println("No jobs.");
    } else {
      Table.render(JobView.HEADINGS, jobs.stream().map(JobView::row).toList())
          .forEach(terminal.out()::println);
    }
  }

  private String query(int pageSize, Optional<String> page) {
    StringJoiner query = new StringJoiner("&", "?", "");
    query.add("page_size=" + pageSize);
    add(query, "owner", owner);
    add(query, "status", status);
    add(query, "model_id", model);
    add(query, "job_type", jobType);
    add(query, "question_id", questionId);
    add(query, "batch_id", batchId);
    add(query, "text", text);
    add(query, "created_after", createdAfter);
    add(query, "created_before", createdBefore);
    add(query, "page_token", page);
    return query.toString();
  }

  private static void add(StringJoiner query, String name, Optional<String> value) {
    value.ifPresent(v -> query.add(name + "=" + URLEncoder.encode(v, StandardCharsets.UTF_8)));
  }
}
