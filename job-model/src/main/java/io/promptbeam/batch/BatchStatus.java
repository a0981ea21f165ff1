package io.promptbeam.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where a batch is. What callers see besides is made of it and of {@link Cut}. */
public enum BatchStatus {
  /** Its lines are being checked; nothing of it runs. */
  VALIDATING,
  IN_PROGRESS,
  /** Some lines are bad, so none was run. */
  FAILED,
  COMPLETED,
  EXPIRED,
  CANCELLED;

  public boolean isTerminal() {
    return this != VALIDATING && this != IN_PROGRESS;
  }

  /** Stored: do not change. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<BatchStatus> parse(String wireName) {
    return Arrays.stream(values()).filter(s -> s.wireName().equals(wireName)).findFirst();
  }
}
