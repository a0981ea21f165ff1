package io.promptbeam.local.cli;

import io.promptbeam.catalog.InvalidCatalogException;
import io.promptbeam.local.bench.quotas.QuotaCase;
import io.promptbeam.local.bench.quotas.QuotaWorker;
import io.promptbeam.store.BigtableTarget;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One of the processes of {@link BenchQuotasCommand}. */
@Command(
    name = "worker",
    hidden = true,
    header = "A process of 'bench quotas': engine and quota without a runner.")
final class BenchWorkerCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--name", required = true)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String name;

  @Option(names = "--store", required = true)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String store;

  @Option(names = "--models", required = true)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private Path models;

  @Option(names = "--model", required = true)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String model;

  @Option(names = "--unit", required = true)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private QuotaCase.Unit unit;

  @Option(names = "--warm-up", required = true)
  private int warmUp;

  @Option(names = "--jobs", required = true)
  private int jobs;

  @Option(names = "--calls-only", arity = "1", required = true)
  private boolean callsOnly;

  BenchWorkerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InvalidCatalogException, InterruptedException {
    LogFile.open(terminal.logDirectory(), "bench-worker-" + name);
    var task =
        new QuotaWorker.Task(
            name, BigtableTarget.parse(store), models, model, unit, warmUp, jobs, callsOnly);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    QuotaWorker.run(
        task,
        in,
        line -> {
          terminal.out().println(line);
          terminal.out().flush();
        });
    return ExitCodes.OK;
  }
}
