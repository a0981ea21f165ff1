package io.promptbeam.local.cli;

import io.promptbeam.local.bench.Row;
import io.promptbeam.local.bench.batches.BatchBench;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures batches on this machine. */
@Command(
    name = "batches",
    header = "Measure batches, over HTTP: one that is worked off, and a large one.",
    description = {
      "%nStarts everything in this process with a simulated provider (median latency 400 ms). As"
          + " many single jobs are run beside the first batch; the large one asks a model of 300"
          + " requests/s, and is accepted, watched for a while, and cancelled."
    },
    footer = {
      "  promptbeam bench batches",
      "  promptbeam bench batches --lines 10000 --scale-lines 0"
    })
final class BenchBatchesCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--lines",
      paramLabel = "N",
      defaultValue = "30000",
      description =
          "Lines of the batch that is worked off, and single jobs (default: ${DEFAULT-VALUE}).")
  private int lines;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Lines before anything is measured (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--scale-lines",
      paramLabel = "N",
      defaultValue = "50000",
      description = "Lines of the large batch (default: ${DEFAULT-VALUE}; 0: none).")
  private int scaleLines;

  @Option(
      names = "--watch-seconds",
      paramLabel = "N",
      defaultValue = "20",
      description = "How long the large batch is watched (default: ${DEFAULT-VALUE}).")
  private int watchSeconds;

  BenchBatchesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (lines < 1 || warmUp < 1 || scaleLines < 0 || watchSeconds < 1) {
      throw CliException.usage(
          "--lines, --warm-up and --watch-seconds must be at least 1, --scale-lines not negative");
    }
    terminal.err().println("Log: " + LogFile.open(terminal.logDirectory(), "bench"));
    try (BatchBench bench = BatchBench.start(terminal.err()::println)) {
      bench.warmUp(warmUp);
      print(bench.throughput(lines));
      if (scaleLines > 0) {
        print(bench.scale(scaleLines, watchSeconds));
      }
    }
    return ExitCodes.OK;
  }

  /** At once: the next part may take long. */
  private void print(List<Row> rows) {
    Table.render(
            List.of("FIGURE", "BATCH", "SINGLE JOBS", "TARGET, OR QUOTED"),
            rows.stream()
                .map(row -> List.of(row.figure(), row.promptbeam(), row.reference(), row.target()))
                .toList())
        .forEach(terminal.out()::println);
  }
}
