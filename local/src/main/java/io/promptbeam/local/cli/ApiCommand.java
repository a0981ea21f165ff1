package io.promptbeam.local.cli;

import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.Stack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs only the HTTP service. */
@Command(
    name = "api",
    header = "Run only the HTTP service, as its own process.",
    description = {
      "",
      "Needs servers outside: BIGTABLE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST, whose missing"
          + " tables, topics and subscriptions it creates, or --project and --instance."
    },
    footer = {
      "  export BIGTABLE_EMULATOR_HOST=127.0.0.1:8086 PUBSUB_EMULATOR_HOST=127.0.0.1:8085",
      "  promptbeam api --port 8080 --models models.yaml"
    })
final class ApiCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ApiOptions api = new ApiOptions();
  @Mixin private final AdminOptions adminOptions = new AdminOptions();
  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final BackendOptions backendOptions = new BackendOptions();

  ApiCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    CatalogSource catalog = models.source(terminal);
    Backends backends = backendOptions.sharedBackends(terminal);
    ApiConfig config = api.checked();
    adminOptions.check();
    String log = LogFile.open(terminal, "api");
    terminal.err().println("Models: " + models.describe(terminal, catalog.get()));
    terminal.err().println(backends.describe());
    terminal.err().println("Log: " + log);
    try (Serving serving = new Serving(terminal);
        AdminPort admin = adminOptions.open(terminal);
        Stack stack = Servers.open(backends, terminal, "api")) {
      stack.closeWithThis("model catalog", catalog);
      ApiServer server = api.start(config, stack, catalog);
      admin.show(server);
      admin.ready(stack.store());
      terminal.err().println("Listening on " + server.uri() + ". Ctrl-C stops it.");
      return serving.untilStopped(() -> false);
    }
  }
}
