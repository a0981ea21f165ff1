package io.promptbeam.pipeline.engine;

import io.promptbeam.catalog.OwnerPolicy;
import io.promptbeam.job.Owner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What each owner has in flight in this engine, in all its lanes, and how much it may have. Not
 * thread-safe: the engine's loop owns it.
 */
final class OwnerCalls {
  /**
   * What an owner may have in this engine.
   *
   * @param weight of its turns, 1 or more
   * @param maxInFlight calls at once, 1 or more
   */
  record Policy(int weight, int maxInFlight) {
    /**
     * One worker's part of {@code policy}: an equal part of the calls, but no less than one, so
     * that all workers together stay within an owner's limit unless it is lower than their number.
     *
     * @param workers that share the limit, 1 or more
     */
    static Policy of(OwnerPolicy policy, int workers) {
      int limit = policy.maxInFlight().orElse(Integer.MAX_VALUE);
      return new Policy(policy.weight(), Math.max(1, limit / Math.max(1, workers)));
    }
  }

  private final Function<Owner, Policy> policies;
  private final Map<Owner, Integer> inFlight = new HashMap<>();
  private final Set<Owner> refused = new HashSet<>();
  private final List<Consumer<Owner>> onFree = new ArrayList<>();

  /**
   * @param policies asked each time, so that changes take effect at once
   */
  OwnerCalls(Function<Owner, Policy> policies) {
    this.policies = policies;
  }

  /** {@code lane} hears of owners that it was told are at their limit, and are not any more. */
  void onFree(Consumer<Owner> lane) {
    onFree.add(lane);
  }

  int weight(Owner owner) {
    return policies.apply(owner).weight();
  }

  int inFlight(Owner owner) {
    return inFlight.getOrDefault(owner, 0);
  }

  /** True when another call has to wait for the end of one; then {@link #onFree} will say so. */
  boolean isAtLimit(Owner owner) {
    // With nothing in flight there is no end to wait for.
    int calls = inFlight(owner);
    boolean atLimit = calls > 0 && calls >= policies.apply(owner).maxInFlight();
    if (atLimit) {
      refused.add(owner);
    }
    return atLimit;
  }

  void began(Owner owner) {
    inFlight.merge(owner, 1, Integer::sum);
  }

  void ended(Owner owner) {
    inFlight.computeIfPresent(owner, (known, calls) -> calls > 1 ? calls - 1 : null);
    if (refused.contains(owner) && !isAtLimit(owner)) {
      refused.remove(owner);
      onFree.forEach(lane -> lane.accept(owner));
    }
  }
}
