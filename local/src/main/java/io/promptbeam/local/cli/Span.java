package io.promptbeam.local.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A length of time as people write it. */
final class Span {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,6})([smhd])");

  private Span() {}

  /**
   * Reads {@code 90s}, {@code 30m}, {@code 2h} or {@code 7d}.
   *
   * @throws CliException naming the option when it is none of these
   */
  static Duration parse(String option, String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw CliException.usage(option + " takes a time as 30m, 12h or 90d, not '" + text + "'");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
