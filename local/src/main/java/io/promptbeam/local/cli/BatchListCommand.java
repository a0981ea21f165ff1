package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the caller's batches. */
@Command(
    name = "list",
    header = "List your batches, newest first.",
    footer = {"  promptbeam batch list --limit 5"})
final class BatchListCommand implements Callable<Integer> {
  private static final int MAX_PAGE = 100;

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most so many batches. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--json", description = "Print one JSON object per batch.")
  private boolean json;

  BatchListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (limit < 1) {
      throw CliException.usage("--limit must be at least 1");
    }
    var client = new BatchClient(service.client(terminal));
    List<JsonNode> batches = new ArrayList<>();
    Optional<String> after = Optional.empty();
    boolean more = true;
    while (more && batches.size() < limit) {
      JsonNode page = client.list(Math.min(MAX_PAGE, limit - batches.size()), after);
      page.path("data").forEach(batches::add);
      after = Optional.ofNullable(page.path("last_id").textValue());
      more = page.path("has_more").asBoolean() && after.isPresent();
    }
    if (json) {
      batches.forEach(terminal.out()::println);
    } else if (batches.isEmpty()) {
      terminal.err().println("No batches.");
    } else {
      Table.render(BatchView.HEADINGS, batches.stream().map(BatchView::row).toList())
          .forEach(terminal.out()::println);
    }
    if (more && !json) {
      terminal.err().println("There are more: raise --limit.");
    }
    return ExitCodes.OK;
  }
}
