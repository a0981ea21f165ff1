package io.promptbeam.submit;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a batch may take.
 *
 * @param text as its caller wrote it, such as {@code 24h}
 */
public record CompletionWindow(String text, Duration length) {
  /** What a text must be that {@link #parse} reads. */
  public static final String FORM =
      "a number of minutes, hours or days such as 90m, 24h or 7d, from 1m to 30d";

  private static final Pattern TEXT = Pattern.compile("(\\d{1,5})([mhd])");
  private static final Duration MIN = Duration.ofMinutes(1);
  private static final Duration MAX = Duration.ofDays(30);

  public static Optional<CompletionWindow> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    long count = Long.parseLong(parts.group(1));
    Duration length =
        switch (parts.group(2)) {
          case "m" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          default -> Duration.ofDays(count);
        };
    return length.compareTo(MIN) >= 0 && length.compareTo(MAX) <= 0
        ? Optional.of(new CompletionWindow(text, length))
        : Optional.empty();
  }
}
