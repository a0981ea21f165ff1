package io.promptbeam.catalog;

import io.promptbeam.job.Usage;
import java.math.BigDecimal;

/** US dollars per million tokens. */
public record Pricing(BigDecimal inputUsd, BigDecimal outputUsd) {
  public static final Pricing FREE = new Pricing(BigDecimal.ZERO, BigDecimal.ZERO);

  private static final int PER_MILLION = 6;

  /** What {@code usage} costs, exactly, in US dollars. */
  public BigDecimal costUsd(Usage usage) {
    return inputUsd
        .multiply(BigDecimal.valueOf(usage.inputTokens()))
        .add(outputUsd.multiply(BigDecimal.valueOf(usage.outputTokens())))
        .movePointLeft(PER_MILLION)
        .stripTrailingZeros();
  }
}
