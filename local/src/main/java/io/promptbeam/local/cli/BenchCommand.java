package io.promptbeam.local.cli;

import io.promptbeam.local.bench.Benchmarks;
import io.promptbeam.local.bench.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the embedded stack on this machine. */
@Command(
    name = "bench",
    header = "Measure the embedded stack, beside the same calls without it.",
    description = {
      "%nStarts everything in this process with a simulated provider (median latency 400 ms),",
      "warms up, and prints a table. Absolute figures drift with the machine: compare within a run."
    },
    footer = {"  promptbeam bench", "  promptbeam bench --jobs 10000 --warm-up 5000"})
final class BenchCommand implements Callable<Integer> {
  private static final long SAY_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Terminal terminal;
  private long saidNanos = System.nanoTime() - SAY_EVERY_NANOS;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "30000",
      description = "Jobs of the throughput benchmark (default: ${DEFAULT-VALUE}).")
  private int jobs;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Jobs before anything is measured (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--quota",
      paramLabel = "N",
      defaultValue = "300",
      description = "Requests/s of the quota benchmark (default: ${DEFAULT-VALUE}).")
  private int quota;

  @Option(
      names = "--quota-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "Length of the quota benchmark (default: ${DEFAULT-VALUE}).")
  private int quotaSeconds;

  @Option(
      names = "--latency-jobs",
      paramLabel = "N",
      defaultValue = "50",
      description = "Jobs of the latency benchmark (default: ${DEFAULT-VALUE}).")
  private int latencyJobs;

  private BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** With the other benchmarks below it. */
  static CommandLine with(Terminal terminal) {
    return new CommandLine(new BenchCommand(terminal))
        .addSubcommand(new BenchQuotasCommand(terminal))
        .addSubcommand(new BenchBatchesCommand(terminal))
        .addSubcommand(new BenchWorkerCommand(terminal));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (jobs < 1 || warmUp < 1 || quota < 1 || quotaSeconds < 4 || latencyJobs < 1) {
      throw CliException.usage(
          "All counts must be at least 1, and --quota-seconds at least 4. Try: promptbeam bench"
              + " --help");
    }
    terminal.err().println("Log: " + LogFile.open(terminal.logDirectory(), "bench"));
    List<Row> rows = new ArrayList<>();
    try (Benchmarks benchmarks = Benchmarks.start(quota, this::say)) {
      benchmarks.warmUp(warmUp);
      rows.addAll(benchmarks.throughput(jobs));
      rows.addAll(benchmarks.quota(quotaSeconds));
      rows.addAll(benchmarks.latency(latencyJobs));
    }
    List<List<String>> cells =
        rows.stream()
            .map(row -> List.of(row.figure(), row.promptbeam(), row.reference(), row.target()))
            .toList();
    Table.render(List.of("FIGURE", "PROMPTBEAM", "DIRECT CALLS", "TARGET"), cells)
        .forEach(terminal.out()::println);
    return ExitCodes.OK;
  }

  private void say(String text) {
    long now = System.nanoTime();
    if (now - saidNanos >= SAY_EVERY_NANOS || !text.endsWith("ended")) {
      saidNanos = now;
      terminal.err().println(text);
    }
  }
}
