package io.promptbeam.catalog;

import io.promptbeam.job.Usage;
import java.math.BigDecimal;

/**
 * US dollars per million tokens.
 *
 * @param inputUsd for input that was not read from the provider's cache
 * @param cachedInputUsd for input that was
 * @param outputUsd reasoning included
 */
public record Pricing(BigDecimal inputUsd, BigDecimal cachedInputUsd, BigDecimal outputUsd) {
  public static final Pricing FREE = new Pricing(BigDecimal.ZERO, BigDecimal.ZERO);

  private static final int PER_MILLION = 6;

  /** Where cached input costs what other input costs. */
  public Pricing(BigDecimal inputUsd, BigDecimal outputUsd) {
    this(inputUsd, inputUsd, outputUsd);
  }

  /** What {@code usage} costs, exactly, in US dollars. */
  public BigDecimal costUsd(Usage usage) {
    long cached = Math.min(usage.cachedInputTokens(), usage.inputTokens());
    return inputUsd
        .multiply(BigDecimal.valueOf(usage.inputTokens() - cached))
        .add(cachedInputUsd.multiply(BigDecimal.valueOf(cached)))
        .add(outputUsd.multiply(BigDecimal.valueOf(usage.outputTokens())))
        .movePointLeft(PER_MILLION)
        .stripTrailingZeros();
  }
}
