package io.promptbeam.catalog;

import java.time.Duration;

/** How long a call may take to connect, and from start to end. */
public record Timeouts(Duration connect, Duration call) {
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(10), Duration.ofMinutes(5));
}
