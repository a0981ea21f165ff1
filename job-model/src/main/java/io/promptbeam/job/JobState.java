package io.promptbeam.job;

import java.util.Locale;
import java.util.Optional;

/** A job's state, named on the wire and in the store by its lower-case name. */
public enum JobState {
  PENDING,
  PROCESSING,
  COMPLETED,
  FAILED,
  CANCELLED,
  EXPIRED;

  public boolean isTerminal() {
    return this != PENDING && this != PROCESSING;
  }

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<JobState> parse(String wireName) {
    for (JobState state : values()) {
      if (state.wireName().equals(wireName)) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }
}
