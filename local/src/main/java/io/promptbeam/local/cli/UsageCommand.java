package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Adds up what the caller's jobs used and cost. */
@Command(
    name = "usage",
    header = "Show what your jobs used and cost.",
    footer = {
      "  promptbeam usage",
      "  promptbeam usage --group-by model --from 2026-11-01 --to 2026-11-30",
      "  promptbeam usage --json | jq .total.cost_usd"
    })
final class UsageCommand implements Callable<Integer> {
  private static final List<String> FIGURES =
      List.of("CALLS", "FAILED", "COMPLETED", "INPUT", "CACHED", "OUTPUT", "REASONING", "COST");

  private final Terminal terminal;

  @Mixin private final ServiceOptions service = new ServiceOptions();

  @Option(
      names = "--group-by",
      paramLabel = "WHAT",
      defaultValue = "day",
      description = "A row for each: owner, model or day. Default: ${DEFAULT-VALUE}.")
  private String groupBy = "day";

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "The first day, in UTC, as 2026-11-01. Default: the last one.")
  private Optional<String> from = Optional.empty();

  @Option(names = "--to", paramLabel = "DAY", description = "The last day. Default: today.")
  private Optional<String> to = Optional.empty();

  @Option(
      names = "--owner",
      paramLabel = "OWNER",
      description = "Of this owner. Another's than the key's needs the scope admin.")
  private Optional<String> owner = Optional.empty();

  @Option(names = "--model", paramLabel = "MODEL", description = "Calls of this model only.")
  private Optional<String> model = Optional.empty();

  @Option(names = "--json", description = "Print the service's answer as JSON.")
  private boolean json;

  UsageCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    StringJoiner query = new StringJoiner("&", "?", "");
    add(query, "group_by", Optional.of(groupBy));
    add(query, "from", from);
    add(query, "to", to);
    add(query, "model_id", model);
    add(query, "owner", owner);
    JsonNode report = service.client(terminal).usage(query.toString()).body();
    if (json) {
      terminal.out().println(report);
    } else {
      lines(report).forEach(terminal.out()::println);
    }
    return ExitCodes.OK;
  }

  private static void add(StringJoiner query, String name, Optional<String> value) {
    value.ifPresent(v -> query.add(name + "=" + URLEncoder.encode(v, StandardCharsets.UTF_8)));
  }

  /** The report as a table, its total last, and what is left of the budget. */
  static List<String> lines(JsonNode report) {
    String groupBy = report.path("group_by").asText();
    String key = groupBy.equals("model") ? "model_id" : groupBy;
    List<String> headings = new ArrayList<>();
    headings.add(groupBy.toUpperCase(Locale.ROOT));
    headings.addAll(FIGURES);
    List<List<String>> rows = new ArrayList<>();
    report.path("rows").forEach(row -> rows.add(row(row.path(key).asText(), row)));
    rows.add(row("total", report.path("total")));
    List<String> lines = new ArrayList<>(Table.render(headings, rows));
    JsonNode budget = report.path("budget");
    if (budget.isObject()) {
      lines.add("");
      lines.add(
          Costs.dollars(budget.path("spent_today_usd"))
              + " of "
              + Costs.dollars(budget.path("usd_per_day"))
              + " spent today, "
              + Costs.dollars(budget.path("reserved_usd"))
              + " reserved, "
              + Costs.dollars(budget.path("remaining_usd"))
              + " left (jobs over budget "
              + budget.path("policy").asText()
              + ")");
    }
    return lines;
  }

  private static List<String> row(String name, JsonNode counts) {
    JsonNode usage = counts.path("usage");
    return List.of(
        name,
        Costs.number(counts, "calls"),
        Costs.number(counts, "failed_calls"),
        Costs.number(counts.path("jobs"), "completed"),
        Costs.number(usage, "input_tokens"),
        Costs.number(usage, "cached_input_tokens"),
        Costs.number(usage, "output_tokens"),
        Costs.number(usage, "reasoning_tokens"),
        Costs.dollars(counts.path("cost_usd")));
  }
}
