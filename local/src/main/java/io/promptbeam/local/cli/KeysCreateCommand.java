package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.access.KeyRequest;
import io.promptbeam.access.KeyRing;
import io.promptbeam.access.Scope;
import io.promptbeam.job.Owner;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a key; it alone goes to standard output, so that a script can keep it. */
@Command(
    name = "create",
    header = "Make an API key, and print it this once.",
    description = {
      "",
      "An owner has one key of a name in use, and two while --rotate lets a new one take over."
    },
    footer = {
      "  promptbeam keys create --owner acme --name ci > key.txt",
      "  promptbeam keys create --owner acme --name dashboard --scopes read --expires-in 365d",
      "  BIGTABLE_EMULATOR_HOST=127.0.0.1:8086 promptbeam keys create --in-store \\",
      "    --owner ops --name first --scopes admin"
    })
final class KeysCreateCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();
  @Mixin private final BackendOptions backends = new BackendOptions();

  @Option(
      names = "--owner",
      paramLabel = "OWNER",
      required = true,
      description = "Whose jobs the key makes and sees.")
  private String owner = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      description = "What the key is for, as ci or dashboard.")
  private String name = "";

  @Option(
      names = "--scopes",
      paramLabel = "SCOPES",
      description =
          "Of submit,read,admin. Default: submit,read; with --rotate, those of the old key.")
  private Optional<String> scopes = Optional.empty();

  @Option(
      names = "--expires-in",
      paramLabel = "TIME",
      defaultValue = "90d",
      description = "As 12h or 365d, or never. Default: ${DEFAULT-VALUE}.")
  private String expiresIn = "";

  @Option(names = "--rotate", description = "A key of this name is in use; this one takes over.")
  private boolean rotate;

  @Option(
      names = "--old-expires-in",
      paramLabel = "TIME",
      description = "With --rotate: when the old key ends. Default: as it would anyway.")
  private Optional<String> oldExpiresIn = Optional.empty();

  @Option(
      names = "--in-store",
      description =
          "Write to the store that BIGTABLE_EMULATOR_HOST or --project and --instance name,"
              + " instead of asking the service: for the first admin key.")
  private boolean inStore;

  KeysCreateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    KeyRequest request = request();
    JsonNode created =
        inStore
            ? StoreKeys.create(backends.backends(terminal), request)
            : service.client(terminal).createKey(body(request)).body();
    terminal
        .err()
        .println(
            "Key "
                + created.path("key_id").asText()
                + " of "
                + owner
                + " ("
                + KeysListCommand.scopes(created)
                + "), "
                + expiry(created)
                + ". It is shown this once:");
    terminal.out().println(created.path("key").asText());
    return ExitCodes.OK;
  }

  private static String expiry(JsonNode created) {
    return created.path("expires_at").isTextual()
        ? "good until " + created.path("expires_at").asText()
        : "good until it is revoked";
  }

  private KeyRequest request() {
    if (oldExpiresIn.isPresent() && !rotate) {
      throw CliException.usage("--old-expires-in goes with --rotate");
    }
    if (!KeyRing.isName(name)) {
      throw CliException.usage("--name must be 1 to 64 letters, digits or . _ -");
    }
    try {
      return new KeyRequest(
          new Owner(owner),
          name,
          scopes.map(KeysCreateCommand::parsed),
          expiresIn.equals("never")
              ? Optional.empty()
              : Optional.of(Span.parse("--expires-in", expiresIn)),
          rotate
              ? Optional.of(
                  new KeyRequest.Rotation(
                      oldExpiresIn.map(text -> Span.parse("--old-expires-in", text))))
              : Optional.empty());
    } catch (IllegalArgumentException e) {
      throw CliException.usage(String.valueOf(e.getMessage()));
    }
  }

  private static Set<Scope> parsed(String text) {
    return Scope.parseList(text)
        .orElseThrow(() -> CliException.usage("--scopes takes submit, read and admin, as a,b"));
  }

  private static ObjectNode body(KeyRequest request) {
    ObjectNode body = ServiceClient.JSON.createObjectNode();
    body.put("owner", request.owner().name()).put("name", request.name());
    body.put("expires_in_seconds", request.lifetime().map(Duration::toSeconds).orElse(null));
    if (request.scopes().isPresent()) {
      ArrayNode scopes = body.putArray("scopes");
      request.scopes().get().forEach(scope -> scopes.add(scope.wireName()));
    }
    if (request.rotation().isPresent()) {
      body.put("rotate", true);
      request
          .rotation()
          .get()
          .oldLivesFor()
          .ifPresent(life -> body.put("old_expires_in_seconds", life.toSeconds()));
    }
    return body;
  }
}
