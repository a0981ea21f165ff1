package io.promptbeam.local.cli;

import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.Scope;
import io.promptbeam.api.Access;
import io.promptbeam.api.ApiConfig;
import io.promptbeam.api.ApiServer;
import io.promptbeam.catalog.CatalogSource;
import io.promptbeam.catalog.SecretUnavailableException;
import io.promptbeam.job.Owner;
import io.promptbeam.local.stack.Backends;
import io.promptbeam.local.stack.LocalPipeline;
import io.promptbeam.local.stack.Stack;
import io.promptbeam.message.PubsubTarget;
import io.promptbeam.store.JobStore;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs everything in one process. */
@Command(
    name = "up",
    header = "Run everything in one process: service, pipeline, store and queue.",
    description = {
      "",
      "Store and queue are embedded and live in memory, so jobs end with the process, unless"
          + " BIGTABLE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST, or --project and --instance, name"
          + " servers."
    },
    footer = {
      "  promptbeam up",
      "  promptbeam up --port 9000 --models models.yaml",
      "  promptbeam up --require-keys",
      "  promptbeam up --host 0.0.0.0 --api-keys keys.txt"
    })
final class UpCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ApiOptions api = new ApiOptions();
  @Mixin private final AdminOptions adminOptions = new AdminOptions();
  @Mixin private final ModelOptions models = new ModelOptions();
  @Mixin private final BackendOptions backendOptions = new BackendOptions();
  @Mixin private final JobEventsOption jobEvents = new JobEventsOption();

  UpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    CatalogSource catalog = models.source(terminal);
    Backends backends = backendOptions.backends(terminal);
    ApiConfig config = withLocalAdmin(api.checked(), backends);
    adminOptions.check();
    String log = LogFile.open(terminal, "up");
    terminal.err().println("Models: " + models.describe(terminal, catalog.get()));
    terminal.err().println(backends.describe());
    terminal.err().println("Log: " + log);
    try (Serving serving = new Serving(terminal);
        AdminPort admin = adminOptions.open(terminal);
        Stack stack = Servers.open(backends, terminal, "up")) {
      stack.closeWithThis("model catalog", catalog);
      LocalPipeline pipeline = stack.startPipeline(catalog, jobEvents.of(stack, terminal));
      admin.show(pipeline, catalog);
      ApiServer server = api.start(config, stack, catalog);
      admin.show(server);
      admin.ready(stack.store());
      if (config.access().storedKeys() && backends.store().isEmpty()) {
        tellOfKey(stack.store());
      }
      welcome(server.uri(), catalog.get().models().get(0).id(), config.access());
      if (backends.queue().isEmpty()) {
        tellOfQueue(stack.queueTarget());
      }
      return serving.untilStopped(pipeline::hasEnded);
    } catch (SecretUnavailableException e) {
      throw CliException.environment(String.valueOf(e.getMessage()));
    }
  }

  /** A store that lives and ends with this process holds nothing of anybody else. */
  private static ApiConfig withLocalAdmin(ApiConfig config, Backends backends) {
    return backends.store().isEmpty()
        ? config.withAccess(config.access().withLocalAdmin())
        : config;
  }

  /** Nobody else can make a first key in an embedded store. */
  private void tellOfKey(JobStore store) {
    var key =
        StoreKeys.create(
            store,
            new KeyRequest(
                Owner.LOCAL,
                "up",
                Optional.of(Set.of(Scope.ADMIN)),
                Optional.empty(),
                Optional.empty()));
    terminal.err().println();
    terminal.err().println("An admin key, good until this process ends:");
    terminal.err().println();
    terminal.err().println("  export PROMPTBEAM_API_KEY=" + key.path("key").asText());
  }

  /** An embedded Pub/Sub has a port of its own each time. */
  private void tellOfQueue(PubsubTarget queue) {
    if (queue instanceof PubsubTarget.Emulator emulator) {
      terminal.err().println("Messages that cannot be read are shown by:");
      terminal.err().println();
      terminal
          .err()
          .println(
              "  PUBSUB_EMULATOR_HOST=" + emulator.hostAndPort() + " promptbeam dead-letter list");
      terminal.err().println();
    }
  }

  private void welcome(URI uri, String model, Access access) {
    String key =
        access.isByLoopback() ? "" : "    -H \"Authorization: Bearer $PROMPTBEAM_API_KEY\" \\\n";
    terminal.err().println();
    terminal.err().println("Promptbeam is up at " + uri + ". Ctrl-C stops it.");
    terminal.err().println("Look at it in a browser: " + uri + "/console/");
    terminal.err().println("Or try:");
    terminal.err().println();
    terminal
        .err()
        .println(
            "  curl -s "
                + uri
                + "/api/llm/jobs/submit/ -H 'Content-Type: application/json' \\\n"
                + key
                + "    -d '{\"model_id\": \""
                + model
                + "\", \"full_input\": \"Name three prime numbers\"}'");
    terminal.err().println("  promptbeam submit --url " + uri + " --wait \"Name three primes\"");
    terminal.err().println();
  }
}
