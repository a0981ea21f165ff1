package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.promptbeam.access.KeyId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Revokes a key. */
@Command(
    name = "revoke",
    header = "Revoke an API key for good.",
    description = {"", "Every process of the service refuses it within 5 seconds."},
    footer = {"  promptbeam keys revoke 6c70a75cdde99252-1"})
final class KeysRevokeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Parameters(paramLabel = "ID", description = "The key's id, as keys list shows it.")
  private String keyId = "";

  KeysRevokeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    KeyId id =
        KeyId.parse(keyId)
            .orElseThrow(
                // What was given may be a whole key, and is not repeated.
                () -> CliException.usage("not the id of a key. See: promptbeam keys list"));
    JsonNode key = service.client(terminal).revokeKey(id.toString()).body();
    terminal.out().println(key.path("status").asText());
    return ExitCodes.OK;
  }
}
