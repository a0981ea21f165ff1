package io.promptbeam.api.openai;

import java.time.Duration;
import java.util.Optional;

/** The {@code {anchor, seconds}} by which callers say when a file goes. */
final class Expiry {
  static final String ANCHOR = "created_at";
  private static final long MIN_SECONDS = 3_600;
  private static final long MAX_SECONDS = 2_592_000;

  private Expiry() {}

  /**
   * How long after its creation.
   *
   * @param param what it is called in the request, {@code %s} for the member
   */
  static Duration of(String param, Optional<String> anchor, Optional<String> seconds) {
    if (anchor.filter(ANCHOR::equals).isEmpty()) {
      String member = param.formatted("anchor");
      throw Answers.invalid(
          anchor.isEmpty() ? "missing_required_parameter" : "invalid_value",
          member,
          member + " must be " + ANCHOR + ".");
    }
    try {
      long count = Long.parseLong(seconds.orElse(""));
      if (count >= MIN_SECONDS && count <= MAX_SECONDS) {
        return Duration.ofSeconds(count);
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number that is out of range.
    }
    String member = param.formatted("seconds");
    throw Answers.invalid(
        seconds.isEmpty() ? "missing_required_parameter" : "invalid_value",
        member,
        member + " must be a whole number from " + MIN_SECONDS + " to " + MAX_SECONDS + ".");
  }
}
