package io.promptbeam.job;

import java.util.Locale;
import java.util.Optional;

/** Which of a model's two queues a job waits in; somebody is looking at an interactive one. */
public enum Priority {
  INTERACTIVE,
  BATCH;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Priority> parse(String wireName) {
    for (Priority priority : values()) {
      if (priority.wireName().equals(wireName)) {
        return Optional.of(priority);
      }
    }
    return Optional.empty();
  }
}
