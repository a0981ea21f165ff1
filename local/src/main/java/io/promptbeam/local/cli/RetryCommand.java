package io.promptbeam.local.cli;

import io.promptbeam.local.cli.RetryFilter.Match;
import io.promptbeam.local.cli.ServiceClient.Retried;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs jobs again that ended without an answer. */
@Command(
    name = "retry",
    header = "Run jobs again that failed, expired or were cancelled.",
    description = {
      "",
      "A job that has ended stays as it is; retrying it makes a new job of the same request, with"
          + " the same model, labels and limits, and the whole time to its deadline. The new job"
          + " shows the old one as retry_of.",
      "",
      "Retrying a job again makes no second job, but answers with the first one's new job. When"
          + " that has failed too, it is the one to retry; a filter finds it by itself.",
      "",
      "A filter shows what it found and asks before it acts."
    },
    footer = {
      "  promptbeam retry 7f0c6d1e-2f3b-4f60-9a52-0d5a3f4f1d11 --wait",
      "  promptbeam retry --status failed,expired --since 2h --dry-run",
      "  promptbeam retry --status failed --code provider_error --code timeout --yes",
      "  promptbeam retry --batch b-17"
    })
final class RetryCommand implements Callable<Integer> {
  private static final List<String> HEADINGS = List.of("MODEL", "STATUS", "ERROR", "JOBS");

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(arity = "0..*", paramLabel = "JOB_ID", description = "The jobs to run again.")
  private List<String> jobIds = List.of();

  @Mixin private final RetryFilter filter = new RetryFilter();

  @Option(names = "--dry-run", description = "Only show what the filter finds.")
  private boolean dryRun;

  @Mixin private final Confirmation confirmation = new Confirmation();

  @Option(names = "--wait", description = "Wait for the new jobs to end.")
  private boolean wait;

  @Option(names = "--json", description = "Print the service's answer for each new job as JSON.")
  private boolean json;

  RetryCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (jobIds.isEmpty() == !filter.isGiven()) {
      throw CliException.usage(
          jobIds.isEmpty()
              ? "say which jobs: give their ids, or a filter such as --status failed."
                  + " Try: promptbeam retry --help"
              : "give job ids or a filter, not both");
    }
    ServiceClient client = service.client(terminal);
    return jobIds.isEmpty() ? filtered(client) : named(client);
  }

  private int named(ServiceClient client) {
    List<String> ids =
        new ArrayList<>(new LinkedHashSet<>(jobIds.stream().map(JobIds::checked).toList()));
    if (dryRun) {
      throw CliException.usage("--dry-run goes with a filter; the ids are what would be retried");
    }
    RetryRun run = new RetryRun(client);
    run.retry(ids, (id, answer) -> print(id, answer, ids.size()));
    if (ids.size() > 1) {
      run.summary().stream().limit(1).forEach(terminal.err()::println);
    }
    return ended(client, run);
  }

  private void print(String id, Retried answer, int asked) {
    if (answer instanceof Retried.Refused refused) {
      if (asked == 1) {
        String message = refused.detail() + " (" + refused.code() + ")";
        throw refused.status() == HttpCodes.CONFLICT
            ? CliException.jobsFailed(message)
            : CliException.usage(message);
      }
      terminal
          .err()
          .println("promptbeam: " + id + ": " + refused.detail() + " (" + refused.code() + ")");
    } else if (answer instanceof Retried.Accepted accepted) {
      terminal.out().println(json ? accepted.body().toString() : accepted.jobId());
      if (accepted.replayed()) {
        terminal.err().println("promptbeam: " + id + " was retried before; this is its new job");
      }
    }
  }

  private int filtered(ServiceClient client) {
    Instant now = Instant.now();
    filter.check(now);
    if (!dryRun) {
      confirmation.requirePossible(terminal);
    }
    ProgressLine progress = new ProgressLine(terminal);
    List<Match> matches =
        filter.find(
            client, now, listed -> progress.show(String.format("Listing: %,d jobs", listed)));
    progress.clear();
    if (matches.isEmpty()) {
      terminal.err().println("No jobs match.");
      return ExitCodes.OK;
    }
    Table.render(HEADINGS, rows(matches)).forEach(terminal.err()::println);
    if (dryRun) {
      terminal.err().println(String.format("%s would be retried.", jobs(matches.size())));
      return ExitCodes.OK;
    }
    if (!confirmation.ask(
        terminal, "Retry " + jobs(matches.size()) + ", but for those that were before?")) {
      terminal.err().println("Nothing was retried.");
      return ExitCodes.OK;
    }
    RetryRun run = new RetryRun(client);
    int[] done = {0};
    try {
      run.retry(
          matches.stream().map(Match::jobId).toList(),
          (id, answer) -> {
            done[0]++;
            progress.show(String.format("Retrying: %,d of %,d", done[0], matches.size()));
            if (json && answer instanceof Retried.Accepted accepted) {
              progress.clear();
              terminal.out().println(accepted.body());
            }
          });
    } finally {
      progress.clear();
      run.summary().forEach(terminal.err()::println);
      if (done[0] < matches.size()) {
        terminal
            .err()
            .println(
                String.format(
                    "%s left. Run this again for the rest: it makes no second jobs.",
                    jobs(matches.size() - done[0])));
      }
    }
    return ended(client, run);
  }

  private int ended(ServiceClient client, RetryRun run) {
    int failed = 0;
    if (wait) {
      Waiting waiting = new Waiting(terminal, client);
      ProgressLine progress = new ProgressLine(terminal);
      int done = 0;
      for (Retried.Accepted job : run.accepted()) {
        progress.show(String.format("Waiting: %,d of %,d", done, run.accepted().size()));
        done++;
        failed += JobView.hasFailed(waiting.untilComplete(job.jobId(), status -> {})) ? 1 : 0;
      }
      progress.clear();
      terminal.err().println(String.format("%,d completed, %,d did not", done - failed, failed));
    }
    return run.refused() + failed > 0 ? ExitCodes.JOBS_FAILED : ExitCodes.OK;
  }

  private static String jobs(int count) {
    return String.format("%,d %s", count, count == 1 ? "job" : "jobs");
  }

  /** How many there are of each kind, the most first. */
  static List<List<String>> rows(List<Match> matches) {
    Map<List<String>, Integer> counts = new LinkedHashMap<>();
    for (Match match : matches) {
      counts.merge(List.of(match.modelId(), match.status(), match.code()), 1, Integer::sum);
    }
    return counts.entrySet().stream()
        .sorted(Comparator.comparingInt((Map.Entry<List<String>, Integer> e) -> -e.getValue()))
        .map(
            e ->
                List.of(
                    e.getKey().get(0),
                    e.getKey().get(1),
                    e.getKey().get(2),
                    String.format("%,d", e.getValue())))
        .toList();
  }
}
