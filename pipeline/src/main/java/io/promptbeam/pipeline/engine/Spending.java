package io.promptbeam.pipeline.engine;

import io.promptbeam.store.usage.UsageLedger;

/** Who is to know what calls cost: one counts it, one holds owners to their budgets. */
public record Spending(UsageLedger ledger, OwnerGate gate) {
  public static final Spending NONE = new Spending(UsageLedger.NONE, OwnerGate.OPEN);
}
