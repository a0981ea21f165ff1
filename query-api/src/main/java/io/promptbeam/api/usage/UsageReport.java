package io.promptbeam.api.usage;

import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.JobState;
import io.promptbeam.job.Owner;
import io.promptbeam.job.Usage;
import io.promptbeam.store.usage.BudgetRow;
import io.promptbeam.store.usage.PicoDollars;
import io.promptbeam.store.usage.UsageCounts;
import io.promptbeam.store.usage.UsageStore;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A usage report as JSON. Pure. */
final class UsageReport {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private UsageReport() {}

  /** With {@code budget} unset. */
  static ObjectNode of(UsageQuery query, Owner owner, List<UsageStore.Day> days) {
    ObjectNode report = NODES.objectNode();
    report.put("from", query.from().toString());
    report.put("to", query.to().toString());
    report.put("group_by", query.groupBy().wireName());
    Map<String, UsageCounts> rows = new TreeMap<>();
    UsageCounts total = UsageCounts.NONE;
    for (UsageStore.Day day : days) {
      for (Map.Entry<String, UsageCounts> entry : day.byModel().entrySet()) {
        if (query.modelId().filter(model -> !model.equals(entry.getKey())).isPresent()) {
          continue;
        }
        String row =
            switch (query.groupBy()) {
              case OWNER -> owner.name();
              case MODEL -> entry.getKey();
              case DAY -> day.day().toString();
            };
        rows.merge(row, entry.getValue(), UsageCounts::plus);
        total = total.plus(entry.getValue());
      }
    }
    if (query.groupBy() == UsageQuery.GroupBy.OWNER) {
      rows.putIfAbsent(owner.name(), UsageCounts.NONE);
    }
    var array = report.putArray("rows");
    String name =
        query.groupBy() == UsageQuery.GroupBy.MODEL ? "model_id" : report.path("group_by").asText();
    rows.forEach((key, counts) -> write(array.addObject().put(name, key), counts));
    write(report.putObject("total"), total);
    report.putNull("budget");
    return report;
  }

  private static void write(ObjectNode json, UsageCounts counts) {
    json.put("calls", counts.calls());
    json.put("failed_calls", counts.failedCalls());
    ObjectNode jobs = json.putObject("jobs");
    for (JobState state : JobState.values()) {
      if (state.isTerminal()) {
        jobs.put(state.wireName(), counts.jobs().getOrDefault(state, 0L));
      }
    }
    Usage used = counts.usage();
    ObjectNode usage = json.putObject("usage");
    usage.put("input_tokens", used.inputTokens());
    usage.put("cached_input_tokens", used.cachedInputTokens());
    usage.put("output_tokens", used.outputTokens());
    usage.put("reasoning_tokens", used.reasoningTokens());
    usage.put("total_tokens", used.totalTokens());
    putUsd(json, "cost_usd", counts.costUsd());
  }

  static ObjectNode budget(BigDecimal usdPerDay, OwnerPolicy policy, BudgetRow.View row) {
    ObjectNode json = NODES.objectNode();
    putUsd(json, "usd_per_day", usdPerDay);
    putUsd(json, "spent_today_usd", PicoDollars.toUsd(row.spent()));
    putUsd(json, "reserved_usd", PicoDollars.toUsd(row.reserved()));
    BigDecimal left = usdPerDay.subtract(PicoDollars.toUsd(row.taken()));
    putUsd(json, "remaining_usd", left.max(BigDecimal.ZERO));
    json.put("policy", policy.overBudget().name().toLowerCase(Locale.ROOT));
    return json;
  }

  /** Digit by digit, never in exponents. */
  private static void putUsd(ObjectNode json, String field, BigDecimal usd) {
    json.set(field, DecimalNode.valueOf(usd.scale() < 0 ? usd.setScale(0) : usd));
  }
}
