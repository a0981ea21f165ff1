package io.promptbeam.job;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What calls came to, for tests. */
public final class Calls {
  public static final List<CallRecord> NONE = List.of();

  private Calls() {}

  /** One call of the first attempt that answered. */
  public static List<CallRecord> paid(Usage usage, BigDecimal costUsd) {
    return List.of(
        new CallRecord(
            1, "m", Instant.EPOCH, Optional.of(usage), Optional.of(costUsd), Optional.empty()));
  }
}
