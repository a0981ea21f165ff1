package io.promptbeam.local.cli;

import io.promptbeam.local.deadletter.PubsubDeadLetters;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which Pub/Sub, for verbs that need nothing else. */
final class QueueOptions {
  private static final String EMULATOR = "PUBSUB_EMULATOR_HOST";

  @Option(
      names = "--project",
      paramLabel = "ID",
      description =
          "Google Cloud project. With $PUBSUB_EMULATOR_HOST, the project there; default: "
              + PubsubTarget.DEFAULT_LOCAL_PROJECT
              + ".")
  private Optional<String> project = Optional.empty();

  PubsubDeadLetters open(Terminal terminal) {
    try {
      return PubsubDeadLetters.open(target(terminal), PubsubNames.DEFAULT);
    } catch (IOException e) {
      throw CliException.environment(
          "there are no Google Cloud credentials in this environment. Try: gcloud auth"
              + " application-default login");
    }
  }

  PubsubTarget target(Terminal terminal) {
    String emulator = terminal.environment().getOrDefault(EMULATOR, "").strip();
    try {
      if (!emulator.isEmpty()) {
        return PubsubTarget.Emulator.parse(
            emulator, project.orElse(PubsubTarget.DEFAULT_LOCAL_PROJECT));
      }
      if (project.isPresent()) {
        return new PubsubTarget.Cloud(project.get());
      }
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    }
    throw CliException.usage(
        "which Pub/Sub? Set "
            + EMULATOR
            + " (promptbeam up prints the address of its own), or give --project");
  }
}
