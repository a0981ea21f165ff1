package io.promptbeam.local.cli;

import io.promptbeam.local.stack.Backends;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where jobs are kept. */
final class BackendOptions {
  @Option(
      names = "--project",
      paramLabel = "ID",
      description =
          "Google Cloud project. With --instance, and unless BIGTABLE_EMULATOR_HOST or"
              + " PUBSUB_EMULATOR_HOST is set, the real services are used.")
  private Optional<String> project = Optional.empty();

  @Option(names = "--instance", paramLabel = "ID", description = "Bigtable instance.")
  private Optional<String> instance = Optional.empty();

  @Option(
      names = "--app-profile",
      paramLabel = "ID",
      description = "Bigtable app profile; it must route to a single cluster.")
  private Optional<String> appProfile = Optional.empty();

  Backends backends(Terminal terminal) {
    try {
      return Backends.resolve(
          terminal.environment(), new Backends.Cloud(project, instance, appProfile));
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    }
  }

  /** For a process that is only a part, and must find the others' jobs. */
  Backends sharedBackends(Terminal terminal) {
    Backends backends = backends(terminal);
    if (!backends.areShared()) {
      throw CliException.usage(
          "a part on its own needs servers that the other parts use too. Set"
              + " BIGTABLE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST, or give --project and"
              + " --instance; or run everything in one process with: promptbeam up");
    }
    return backends;
  }
}
