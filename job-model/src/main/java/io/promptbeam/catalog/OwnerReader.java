package io.promptbeam.catalog;

import io.promptbeam.job.Owner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.yaml.snakeyaml.nodes.Node;

/** Reads the owners of models.yaml. */
final class OwnerReader {
  /** Names everybody who is not named. */
  static final String EVERYBODY = "*";

  private static final List<String> FIELDS =
      List.of(
          "name",
          "weight",
          "max_waiting",
          "submits_per_minute",
          "max_in_flight",
          "budget_usd_per_day",
          "over_budget",
          "webhook");
  private static final long MAX_WEIGHT = 1_000_000;
  private static final long MAX_WAITING = 1_000_000_000_000L;

  private OwnerReader() {}

  /**
   * Policies by name, {@link #EVERYBODY}'s among them where it is given.
   *
   * @param privateWebhooks whether webhooks may be inside
   */
  static Map<String, OwnerPolicy> read(
      List<Node> nodes, boolean privateWebhooks, Problems problems) {
    Map<String, OwnerPolicy> owners = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      Optional<YamlMapping> fields =
          YamlMapping.of(nodes.get(i), "owners[" + i + "]", FIELDS, problems);
      fields.ifPresent(
          given ->
              name(given)
                  .ifPresent(
                      name -> {
                        if (owners.put(name, policy(given, privateWebhooks)) != null) {
                          given.problem("name", "is named twice; keep one entry");
                        }
                      }));
    }
    return owners;
  }

  private static Optional<String> name(YamlMapping fields) {
    Optional<String> name =
        fields.requiredText("name", "give the owner's name, or \"*\" for everybody else");
    if (name.isPresent() && !name.get().equals(EVERYBODY) && !isName(name.get())) {
      fields.problem("name", "must be 1 to 64 letters, digits or . _ @ -, or \"*\"");
      return Optional.empty();
    }
    return name;
  }

  private static boolean isName(String text) {
    try {
      return new Owner(text).name().equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static OwnerPolicy policy(YamlMapping fields, boolean privateWebhooks) {
    return new OwnerPolicy(
        fields.wholeNumber("weight", 1, MAX_WEIGHT).map(Math::toIntExact).orElse(1),
        optional(fields.wholeNumber("max_waiting", 1, MAX_WAITING)),
        optional(fields.wholeNumber("submits_per_minute", 1, LimitsReader.MAX_REQUESTS_PER_MINUTE)),
        fields
            .wholeNumber("max_in_flight", 1, LimitsReader.MAX_IN_FLIGHT)
            .map(limit -> OptionalInt.of(Math.toIntExact(limit)))
            .orElse(OptionalInt.empty()),
        fields.number("budget_usd_per_day", "0", "1000000000"),
        overBudget(fields),
        WebhookReader.read(fields, privateWebhooks));
  }

  private static OptionalLong optional(Optional<Long> limit) {
    return limit.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  private static OwnerPolicy.OverBudget overBudget(YamlMapping fields) {
    Optional<String> given = fields.text("over_budget");
    if (given.isEmpty() || given.get().equals("wait")) {
      return OwnerPolicy.OverBudget.WAIT;
    }
    if (!given.get().equals("fail")) {
      fields.problem("over_budget", "must be wait or fail");
    }
    return OwnerPolicy.OverBudget.FAIL;
  }
}
