package io.promptbeam.store.quota;

/**
 * What a provider counts in a minute.
 *
 * <p>Stored: columns and positions in them do not change.
 */
public enum Dimension {
  /** In millionths: at one request a minute a whole one would be too coarse a step of time. */
  REQUESTS("r", 1_000_000),
  /** Input and output together; like the next two in thousandths. */
  TOKENS("t", 1_000),
  INPUT_TOKENS("i", 1_000),
  OUTPUT_TOKENS("o", 1_000);

  private final String column;
  private final long positionsPerUnit;

  Dimension(String column, long positionsPerUnit) {
    this.column = column;
    this.positionsPerUnit = positionsPerUnit;
  }

  /** Where its counter is. */
  public String column() {
    return column;
  }

  /** How far one request or token moves the counter. */
  public long positionsPerUnit() {
    return positionsPerUnit;
  }
}
