package io.promptbeam.local.cli;

import io.promptbeam.local.deadletter.DeadLetter;
import io.promptbeam.local.deadletter.PayloadText;
import io.promptbeam.local.deadletter.Selection;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which dead letters a verb acts on. */
final class DeadLetterChoice {
  private static final List<String> HEADINGS = List.of("REASON", "LETTERS", "BYTES", "TRUNCATED");

  @Parameters(arity = "0..*", paramLabel = "ID", description = "Message ids, as list shows them.")
  private List<String> messageIds = List.of();

  @Option(names = "--all", description = "All messages, or all with the reason.")
  private boolean all;

  @Option(names = "--reason", paramLabel = "CODE", description = "Only with this reason.")
  private Optional<String> reason = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many messages. Default: no limit.")
  private Optional<Integer> limit = Optional.empty();

  /**
   * What was asked for.
   *
   * @throws CliException when that is nothing, or contradicts itself
   */
  Selection checked() {
    if (all == !messageIds.isEmpty()) {
      throw CliException.usage(
          all
              ? "give message ids or --all, not both"
              : "say which messages: their ids, or --all. Find ids with: promptbeam dead-letter"
                  + " list");
    }
    if (limit.isPresent() && limit.get() < 1) {
      throw CliException.usage("--limit must be at least 1");
    }
    return new Selection(new LinkedHashSet<>(messageIds), reason, limit.orElse(Integer.MAX_VALUE));
  }

  boolean isAll() {
    return all;
  }

  /** Counts letters by reason, for a question. */
  static final class Survey {
    private record Counts(int letters, long bytes, int truncated) {}

    private final Map<String, Counts> byReason = new TreeMap<>();

    void add(DeadLetter letter) {
      int truncated = letter.truncatedFromBytes().isPresent() ? 1 : 0;
      byReason.merge(
          letter.reason(),
          new Counts(1, letter.payload().size(), truncated),
          (a, b) ->
              new Counts(
                  a.letters() + b.letters(), a.bytes() + b.bytes(), a.truncated() + b.truncated()));
    }

    int letters() {
      return byReason.values().stream().mapToInt(Counts::letters).sum();
    }

    int truncated() {
      return byReason.values().stream().mapToInt(Counts::truncated).sum();
    }

    List<String> table() {
      List<List<String>> rows = new ArrayList<>();
      byReason.forEach(
          (code, counts) ->
              rows.add(
                  List.of(
                      PayloadText.escaped(code),
                      String.format("%,d", counts.letters()),
                      String.format("%,d", counts.bytes()),
                      String.format("%,d", counts.truncated()))));
      return Table.render(HEADINGS, rows);
    }
  }
}
