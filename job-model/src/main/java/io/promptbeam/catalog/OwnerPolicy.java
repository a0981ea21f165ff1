package io.promptbeam.catalog;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What one owner may have. Limits that are absent do not bind.
 *
 * @param weight of the owner's turns beside other owners', 1 or more
 * @param maxWaiting jobs that have not ended
 * @param submitsPerMinute jobs submitted
 * @param maxInFlight calls at the same time
 * @param budgetUsdPerDay US dollars per day, in UTC
 * @param webhook where it is told of what has ended
 */
public record OwnerPolicy(
    int weight,
    OptionalLong maxWaiting,
    OptionalLong submitsPerMinute,
    OptionalInt maxInFlight,
    Optional<BigDecimal> budgetUsdPerDay,
    OverBudget overBudget,
    Optional<Webhook> webhook) {
  public static final OwnerPolicy DEFAULT =
      new OwnerPolicy(
          1,
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          OverBudget.WAIT);

  /** Of an owner that is told nothing. */
  public OwnerPolicy(
      int weight,
      OptionalLong maxWaiting,
      OptionalLong submitsPerMinute,
      OptionalInt maxInFlight,
      Optional<BigDecimal> budgetUsdPerDay,
      OverBudget overBudget) {
    this(
        weight,
        maxWaiting,
        submitsPerMinute,
        maxInFlight,
        budgetUsdPerDay,
        overBudget,
        Optional.empty());
  }

  /** What becomes of a job whose owner's budget is used up. */
  public enum OverBudget {
    /** It waits for the next day, or a higher budget. */
    WAIT,
    /** It fails, uncalled. */
    FAIL
  }

  public OwnerPolicy {
    if (weight < 1) {
      throw new IllegalArgumentException("a weight must be at least 1");
    }
  }
}
