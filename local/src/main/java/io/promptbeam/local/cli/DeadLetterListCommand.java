package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.local.deadletter.DeadLetter;
import io.promptbeam.local.deadletter.DeadLetters.End;
import io.promptbeam.local.deadletter.PayloadText;
import io.promptbeam.local.deadletter.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows dead letters. */
@Command(
    name = "list",
    header = "Show messages the pipeline could not read, and why.",
    description = {
      "",
      "Takes nothing away: what it has read is given back when it ends, or within a minute if it"
          + " is killed. Until then no other reader sees it."
    },
    footer = {
      "  promptbeam dead-letter list --project my-project",
      "  promptbeam dead-letter list --reason unknown_model --show-payload",
      "  promptbeam dead-letter list --json | jq -r .message_id"
    })
final class DeadLetterListCommand implements Callable<Integer> {
  private static final List<String> HEADINGS =
      List.of("MESSAGE", "PUBLISHED", "REASON", "FIELD", "BYTES", "DETAIL");

  private final Terminal terminal;

  @Mixin private final QueueOptions queue = new QueueOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many messages. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--reason", paramLabel = "CODE", description = "Messages with this reason.")
  private Optional<String> reason = Optional.empty();

  @Option(
      names = "--show-payload",
      description = "Show the first 500 bytes of each payload. They may hold prompts.")
  private boolean showPayload;

  @Option(names = "--json", description = "Print one JSON object per message.")
  private boolean json;

  DeadLetterListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (limit < 1) {
      throw CliException.usage("--limit must be at least 1");
    }
    List<List<String>> rows = new ArrayList<>();
    int[] shown = {0};
    Selection selection = new Selection(Set.of(), reason, limit);
    End end =
        DeadLetterSession.run(
            queue,
            terminal,
            letters ->
                letters.look(
                    selection,
                    letter -> {
                      shown[0]++;
                      if (json) {
                        terminal.out().println(asJson(letter));
                      } else if (showPayload) {
                        print(letter);
                      } else {
                        rows.add(row(letter));
                      }
                    }));
    if (shown[0] == 0) {
      terminal.err().println("No dead letters.");
    } else if (!rows.isEmpty()) {
      Table.render(HEADINGS, rows).forEach(terminal.out()::println);
    }
    if (end == End.SATISFIED && !json) {
      terminal.err().println("There may be more: raise --limit.");
    }
    return DeadLetterSession.exitCode(terminal, end, ExitCodes.OK);
  }

  private static List<String> row(DeadLetter letter) {
    return List.of(
        letter.messageId(),
        letter.publishedAt().toString(),
        PayloadText.escaped(letter.reason()),
        PayloadText.escaped(letter.field().orElse("")),
        String.format("%,d", letter.payload().size()),
        detail(letter));
  }

  private static String detail(DeadLetter letter) {
    return PayloadText.escaped(letter.detail().orElse(""))
        + letter
            .truncatedFromBytes()
            .map(bytes -> " [truncated from " + PayloadText.escaped(bytes) + " bytes]")
            .orElse("");
  }

  private void print(DeadLetter letter) {
    List<String> row = row(letter);
    for (int i = 0; i < row.size(); i++) {
      if (!row.get(i).isEmpty()) {
        line(HEADINGS.get(i).toLowerCase(Locale.ROOT), row.get(i));
      }
    }
    line("payload", PayloadText.beginning(letter.payload()));
    terminal.out().println();
  }

  private void line(String name, String value) {
    terminal.out().println(String.format("%-10s %s", name, value));
  }

  private ObjectNode asJson(DeadLetter letter) {
    ObjectNode node = ServiceClient.JSON.createObjectNode();
    node.put("message_id", letter.messageId());
    node.put("published_at", letter.publishedAt().toString());
    node.put("reason", letter.reason());
    node.put("detail", letter.detail().orElse(null));
    node.put("field", letter.field().orElse(null));
    node.put("bytes", letter.payload().size());
    node.put("truncated_from_bytes", letter.truncatedFromBytes().orElse(null));
    if (showPayload) {
      node.put("payload", PayloadText.beginning(letter.payload()));
    }
    return node;
  }
}
