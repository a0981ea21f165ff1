package io.promptbeam.local.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A point in the past as people write it. */
final class Since {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})([smhd])");

  private Since() {}

  /**
   * Reads how long ago, or when.
   *
   * @param text {@code 90s}, {@code 30m}, {@code 2h} or {@code 7d} before {@code now}; or a time of
   *     RFC 3339
   * @throws CliException when it is neither
   */
  static Instant parse(String text, Instant now) {
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long amount = Long.parseLong(matcher.group(1));
      return now.minus(
          switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
          });
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw CliException.usage(
          "--since takes how long ago, as 30m, 2h or 7d, or a time, as 2026-11-01T00:00:00Z; not '"
              + text
              + "'");
    }
  }
}
