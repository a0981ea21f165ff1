package io.promptbeam.local.cli;

import io.promptbeam.local.bench.quotas.QuotaBench;
import io.promptbeam.local.bench.quotas.QuotaCase;
import io.promptbeam.local.bench.quotas.QuotaReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures how several processes share a quota. */
@Command(
    name = "quotas",
    header = "Measure how several processes share a quota, one of which is killed.",
    description = {
      "%nStarts worker processes, then pipelines, against one provider that enforces the limit with"
          + " one second of burst. Prints how much of the limit they use from the third second on,"
          + " how many calls the provider refused, and how soon the rest use all of it after one is"
          + " killed; beside it, for workers, the same limit divided evenly and for good."
    },
    footer = {
      "  promptbeam bench quotas",
      "  promptbeam bench quotas --rates 300 --call-rates 0 --tokens 0 --pipeline-rates 0 --plot quotas.svg"
    })
final class BenchQuotasCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--rates",
      split = ",",
      paramLabel = "N",
      defaultValue = "50,300",
      description = "Requests/s that workers share (default: ${DEFAULT-VALUE}; 0: none).")
  private List<Long> rates = List.of();

  @Option(
      names = "--call-rates",
      split = ",",
      paramLabel = "N",
      defaultValue = "1000",
      description = {
        "Requests/s shared by processes that only ask the quota and call, without jobs: what fits"
            + " on a small machine (default: ${DEFAULT-VALUE}; 0: none)."
      })
  private List<Long> callRates = List.of();

  @Option(
      names = "--tokens",
      split = ",",
      paramLabel = "N",
      defaultValue = "60000",
      description = "Tokens/s that workers share (default: ${DEFAULT-VALUE}; 0: none).")
  private List<Long> tokens = List.of();

  @Option(
      names = "--pipeline-rates",
      split = ",",
      paramLabel = "N",
      defaultValue = "50,300",
      description = "Requests/s that pipelines share (default: ${DEFAULT-VALUE}; 0: none).")
  private List<Long> pipelineRates = List.of();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "From the first call to the kill (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--after",
      paramLabel = "N",
      defaultValue = "10",
      description = "Seconds after the kill (default: ${DEFAULT-VALUE}).")
  private int after;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "3000",
      description = "Jobs of each process before anything is measured (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(names = "--plot", paramLabel = "FILE", description = "Also draw it, as SVG.")
  private Optional<Path> plot = Optional.empty();

  BenchQuotasCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (seconds < 5 || after < 4 || warmUp < 0) {
      throw CliException.usage(
          "--seconds must be at least 5, --after at least 4, and --warm-up not negative");
    }
    List<QuotaCase> cases = new ArrayList<>();
    add(cases, QuotaCase.Processes.WORKERS, QuotaCase.Unit.REQUESTS, rates);
    add(cases, QuotaCase.Processes.CALLERS, QuotaCase.Unit.REQUESTS, callRates);
    add(cases, QuotaCase.Processes.WORKERS, QuotaCase.Unit.TOKENS, tokens);
    add(cases, QuotaCase.Processes.PIPELINES, QuotaCase.Unit.REQUESTS, pipelineRates);
    if (cases.isEmpty()) {
      throw CliException.usage("nothing to measure: give a rate other than 0");
    }
    Path log = LogFile.open(terminal.logDirectory(), "bench");
    terminal.err().println("Log: " + log);
    Path directory = Files.createTempDirectory("promptbeam-bench");
    var settings = new QuotaBench.Settings(seconds, after, warmUp, directory, log);
    QuotaReport report = new QuotaBench(settings, terminal.err()::println).run(cases);
    Table.render(QuotaReport.HEADINGS, report.rows()).forEach(terminal.out()::println);
    if (plot.isPresent()) {
      Files.writeString(plot.get(), report.plot());
      terminal.err().println("Plot: " + plot.get());
    }
    return ExitCodes.OK;
  }

  private static void add(
      List<QuotaCase> cases,
      QuotaCase.Processes processes,
      QuotaCase.Unit unit,
      List<Long> limits) {
    for (long limit : limits) {
      if (limit > 0) {
        cases.add(new QuotaCase(processes, unit, limit));
      }
    }
  }
}
