package io.promptbeam.local.cli;

import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs only the pipeline. */
@Command(
    name = "pipeline",
    header = "Run only the pipeline, which makes the calls, as its own process.",
    description = {
      "",
      "Needs servers outside: BIGTABLE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST, whose missing"
          + " tables, topics and subscriptions it creates, or --project and --instance."
    },
    footer = {
      "  export BIGTABLE_EMULATOR_HOST=127.0.0.1:8086 PUBSUB_EMULATOR_HOST=127.0.0.1:8085",
      "  promptbeam pipeline --models models.yaml"
    })
final class PipelineCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final AdminOptions adminOptions = new AdminOptions();
  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final BackendOptions backendOptions = new BackendOptions();
  @Mixin private final JobEventsOption jobEvents = new JobEventsOption();

  PipelineCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    CatalogSource catalog = models.source(terminal);
    Backends backends = backendOptions.sharedBackends(terminal);
    adminOptions.check();
    String log = LogFile.open(terminal, "pipeline");
    terminal.err().println("Models: " + models.describe(terminal, catalog.get()));
    terminal.err().println(backends.describe());
    terminal.err().println("Log: " + log);
    try (Serving serving = new Serving(terminal);
        AdminPort admin = adminOptions.open(terminal);
        Stack stack = Servers.open(backends, terminal, "pipeline")) {
      stack.closeWithThis("model catalog", catalog);
      LocalPipeline pipeline = stack.startPipeline(catalog, jobEvents.of(stack, terminal));
      admin.show(pipeline, catalog);
      admin.ready(stack.store());
      terminal.err().println("The pipeline is running. Ctrl-C stops it.");
      return serving.untilStopped(pipeline::hasEnded);
    } catch (SecretUnavailableException e) {
      throw CliException.environment(String.valueOf(e.getMessage()));
    }
  }
}
