package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists keys, which does not show them. */
@Command(
    name = "list",
    header = "List API keys: whose they are, what they may do, and until when.",
    footer = {"  promptbeam keys list", "  promptbeam keys list --owner acme --json"})
final class KeysListCommand implements Callable<Integer> {
  private static final List<String> HEADINGS =
      List.of("ID", "OWNER", "NAME", "SCOPES", "STATUS", "CREATED", "EXPIRES");

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Option(names = "--owner", paramLabel = "OWNER", description = "Keys of this owner only.")
  private Optional<String> owner = Optional.empty();

  @Option(names = "--json", description = "Print one JSON object per key.")
  private boolean json;

  KeysListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String query =
        owner.map(o -> "?owner=" + URLEncoder.encode(o, StandardCharsets.UTF_8)).orElse("");
    JsonNode keys = service.client(terminal).keys(query).body().path("keys");
    if (json) {
      keys.forEach(terminal.out()::println);
    } else if (keys.isEmpty()) {
      terminal.err().println("No keys.");
    } else {
      List<List<String>> rows = new ArrayList<>();
      keys.forEach(key -> rows.add(row(key)));
      Table.render(HEADINGS, rows).forEach(terminal.out()::println);
    }
    return ExitCodes.OK;
  }

  private static List<String> row(JsonNode key) {
    return List.of(
        key.path("key_id").asText(),
        key.path("owner").asText(),
        key.path("name").asText(),
        scopes(key),
        key.path("status").asText(),
        key.path("created_at").asText(),
        key.path("expires_at").isTextual() ? key.path("expires_at").asText() : "never");
  }

  static String scopes(JsonNode key) {
    StringJoiner scopes = new StringJoiner(",");
    key.path("scopes").forEach(scope -> scopes.add(scope.asText()));
    return scopes.toString();
  }
}
