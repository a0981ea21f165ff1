package io.promptbeam.local.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the pipeline could not read. */
@Command(
    name = "dead-letter",
    header = "Look at messages the pipeline could not read, and send them again.",
    description = {
      "",
      "A message on the jobs topic that is no job goes to the dead-letter topic with the reason, and"
          + " waits there until it is replayed or discarded (Pub/Sub keeps it for 7 days unless"
          + " the subscription says otherwise)."
    },
    footer = {
      "  PUBSUB_EMULATOR_HOST=127.0.0.1:8085 promptbeam dead-letter list",
      "  promptbeam dead-letter replay --project my-project --all --reason unknown_model"
    })
final class DeadLetterCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  static CommandLine with(Terminal terminal) {
    return new CommandLine(new DeadLetterCommand())
        .addSubcommand(new DeadLetterListCommand(terminal))
        .addSubcommand(new DeadLetterReplayCommand(terminal))
        .addSubcommand(new DeadLetterDiscardCommand(terminal));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Say what to do: dead-letter list, replay or discard");
  }
}
