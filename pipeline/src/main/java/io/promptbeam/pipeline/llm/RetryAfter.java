package io.promptbeam.pipeline.llm;

import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Pattern;

/** How long a provider asks to wait (RFC 9110, 10.2.3, and the {@code retry-after-ms} of some). */
final class RetryAfter {
  /** Longer waits mean a wrong clock or a mistake; the job's deadline decides long before. */
  private static final Duration MAX = Duration.ofDays(1);

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,15}(\\.[0-9]{1,9})?");

  private RetryAfter() {}

  /** Empty when the provider does not ask, or not in a way that can be understood. */
  static Optional<Duration> of(HttpHeaders headers, Clock clock) {
    return headers
        .firstValue("retry-after-ms")
        .flatMap(text -> number(text, 1))
        .or(
            () ->
                headers
                    .firstValue("retry-after")
                    .flatMap(text -> number(text, 1_000).or(() -> date(text, clock))));
  }

  private static Optional<Duration> number(String text, int unitMillis) {
    if (!NUMBER.matcher(text.strip()).matches()) {
      return Optional.empty();
    }
    double millis = Math.ceil(Double.parseDouble(text.strip()) * unitMillis);
    return Optional.of(Duration.ofMillis((long) Math.min(millis, (double) MAX.toMillis())));
  }

  private static Optional<Duration> date(String text, Clock clock) {
    try {
      Instant until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip()));
      Duration wait = Duration.between(clock.instant(), until);
      if (wait.isNegative()) {
        return Optional.of(Duration.ZERO);
      }
      return Optional.of(wait.compareTo(MAX) > 0 ? MAX : wait);
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }
}
