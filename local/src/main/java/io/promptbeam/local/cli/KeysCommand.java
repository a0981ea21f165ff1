package io.promptbeam.local.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The service's API keys. */
@Command(
    name = "keys",
    header = "Make, list and revoke the API keys of a service.",
    description = {
      "",
      "Needs a key with the scope admin. The first one is made in the store itself, by who may"
          + " write there: keys create --in-store."
    },
    footer = {
      "  promptbeam keys create --in-store --project my-project --instance my-instance \\",
      "    --owner ops --name first --scopes admin",
      "  promptbeam keys create --owner acme --name ci",
      "  promptbeam keys create --owner acme --name ci --rotate --old-expires-in 24h",
      "  promptbeam keys list --owner acme",
      "  promptbeam keys revoke 6c70a75cdde99252-1"
    })
final class KeysCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  static CommandLine with(Terminal terminal) {
    return new CommandLine(new KeysCommand())
        .addSubcommand(new KeysCreateCommand(terminal))
        .addSubcommand(new KeysListCommand(terminal))
        .addSubcommand(new KeysRevokeCommand(terminal));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: keys create, list or revoke");
  }
}
