package io.promptbeam.local.cli;

import io.promptbeam.catalog.ModelCatalog;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.job.JobError;
import io.promptbeam.job.Owner;
import io.promptbeam.local.run.FileRun;
import io.promptbeam.local.run.JobLines;
import io.promptbeam.local.run.LineCount;
import io.promptbeam.local.run.LineSubmissions;
import io.promptbeam.local.run.ResultLines;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.store.StoreUnavailableException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs every line of a file and writes a result line for each. */
@Command(
    name = "run",
    header = "Run every line of a file, and write a result line for each.",
    description = {
      "",
      "A line is {\"custom_id\", \"prompt\"} (and if need be system, params, model, metadata), a"
          + " provider's own request body, or a line of an OpenAI batch file. Results are written"
          + " as they finish; a line that cannot be used gets a result that says why.",
      "",
      "The whole stack runs in this process, unless BIGTABLE_EMULATOR_HOST and"
          + " PUBSUB_EMULATOR_HOST, or --project and --instance, name servers. Those have a"
          + " pipeline of their own, or get one with --with-pipeline."
    },
    footer = {
      "  promptbeam run examples/support-tickets.jsonl --out results.jsonl",
      "  promptbeam run prompts.jsonl --models models.yaml --model mini --system \"Be brief\"",
      "  cat prompts.jsonl | promptbeam run - --out - | jq -r .output_text"
    })
final class RunCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(RunCommand.class);

  private final Terminal terminal;

  @Parameters(paramLabel = "FILE", description = "Lines of JSON; - for standard input.")
  private Path file = Path.of("-");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "results.jsonl",
      description = "Where results go; - for standard output. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("-");

  @Option(names = "--force", description = "Overwrite the results file.")
  private boolean force;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "Model for all lines, whatever they name. Default: the one a line names, and the first"
              + " where it names none; a line that names an unknown one is rejected.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "System message for prompts that have none.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description = "Jobs not done so long after submission expire. Default: a day.")
  private Optional<Long> deadlineSeconds = Optional.empty();

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      description = "Calls at most per line. Default: 3.")
  private Optional<Integer> maxAttempts = Optional.empty();

  @Option(
      names = "--with-pipeline",
      description = "Run the pipeline in this process too when the servers are outside.")
  private boolean withPipeline;

  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final BackendOptions backendOptions = new BackendOptions();

  RunCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ModelCatalog catalog = models.catalog(terminal);
    LineSubmissions submissions = new LineSubmissions(catalog, settings(catalog));
    Backends backends = backendOptions.backends(terminal);
    OptionalLong total = checkedInput();
    Path logFile = LogFile.open(terminal.logDirectory(), "run");
    try (ResultLines results = new ResultLines(RunOutput.open(terminal, out, force))) {
      terminal.err().println("Models: " + models.describe(terminal, catalog));
      terminal.err().println(backends.describe());
      terminal.err().println("Log: " + logFile);
      return run(backends, catalog, submissions, results, total);
    } catch (StoreUnavailableException | SecretUnavailableException e) {
      throw CliException.environment(String.valueOf(e.getMessage()));
    }
  }

  private LineSubmissions.Settings settings(ModelCatalog catalog) {
    if (model.isPresent() && catalog.find(model.get()).isEmpty()) {
      throw CliException.usage(
          "unknown model '" + model.get() + "'. Known are: " + ModelOptions.names(catalog));
    }
    return new LineSubmissions.Settings(
        Owner.LOCAL, model, system, deadlineSeconds.map(Duration::ofSeconds), maxAttempts);
  }

  /** Lines in the file; unknown for standard input. */
  private OptionalLong checkedInput() throws IOException {
    if (isStandardInput()) {
      return OptionalLong.empty();
    }
    if (!Files.exists(file)) {
      throw CliException.usage("there is no file " + file);
    }
    if (Files.isDirectory(file) || !Files.isReadable(file)) {
      throw CliException.usage("cannot read " + file + ". Is it a file you may read?");
    }
    if (Files.exists(out) && Files.isSameFile(file, out)) {
      throw CliException.usage("--out is the input itself. Name another file");
    }
    return Files.isRegularFile(file) ? OptionalLong.of(LineCount.of(file)) : OptionalLong.empty();
  }

  private boolean isStandardInput() {
    return "-".equals(file.toString());
  }

  private JobLines lines() throws IOException {
    InputStream in = isStandardInput() ? terminal.in() : Files.newInputStream(file);
    return new JobLines(new BufferedInputStream(in));
  }

  private int run(
      Backends backends,
      ModelCatalog catalog,
      LineSubmissions submissions,
      ResultLines results,
      OptionalLong total)
      throws IOException, InterruptedException {
    boolean embedded = !backends.areShared();
    Stack stack = Servers.open(backends, terminal, "run");
    AtomicReference<@Nullable LocalPipeline> pipeline = new AtomicReference<>();
    RunDisplay display = new RunDisplay(terminal, () -> failing(pipeline.get()));
    FileRun run =
        new FileRun(
            new FileRun.Parts(
                stack.store(),
                stack.submitter(),
                submissions,
                results,
                display,
                () -> hasEnded(pipeline.get()),
                Clock.systemUTC()));
    try (Interrupts interrupts = new Interrupts(run::stop);
        JobLines lines = lines()) {
      if (embedded || withPipeline) {
        pipeline.set(stack.startPipeline(catalog));
      }
      FileRun.Outcome outcome = run.run(lines, total);
      results.flush();
      display.finish(report(outcome, embedded));
      if (!(interrupts.happened() && embedded)) {
        // What is embedded ends with the process, faster than in order.
        stack.close();
      }
      if (interrupts.happened()) {
        return ExitCodes.INTERRUPTED;
      }
      if (outcome.pipelineEnded()) {
        throw CliException.environment("the pipeline ended by itself; the log says why");
      }
      return outcome.summary().failed() == 0 ? ExitCodes.OK : ExitCodes.JOBS_FAILED;
    }
  }

  private static Map<String, JobError> failing(@Nullable LocalPipeline pipeline) {
    return pipeline == null ? Map.of() : pipeline.worker().engine().failing();
  }

  private static boolean hasEnded(@Nullable LocalPipeline pipeline) {
    return pipeline != null && pipeline.hasEnded();
  }

  private List<String> report(FileRun.Outcome outcome, boolean embedded) {
    List<String> lines = new ArrayList<>();
    if (outcome.notDone() > 0) {
      lines.add(
          "Stopped: "
              + outcome.notDone()
              + " lines have no result"
              + (embedded ? "." : "; those submitted go on in the service."));
    }
    List<String> summary = outcome.summary().lines(outcome.wall(), outcome.notDone());
    summary.forEach(log::info);
    lines.addAll(summary);
    if (!"-".equals(out.toString())) {
      lines.add("Results: " + out);
    }
    return lines;
  }
}
