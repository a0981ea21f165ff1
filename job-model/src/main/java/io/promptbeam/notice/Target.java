package io.promptbeam.notice;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is told of an ending; each is told, and tried again, on its own. */
public enum Target {
  /** The owner's. */
  WEBHOOK,
  /** The Pub/Sub topic with the events of all owners. */
  TOPIC;

  /** Stored: do not change. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Target> parse(String wireName) {
    return Arrays.stream(values()).filter(t -> t.wireName().equals(wireName)).findFirst();
  }
}
