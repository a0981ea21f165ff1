package io.promptbeam.pipeline.llm;

import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.RateHint.Dimension;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the headers in which providers say what is left of their limits. */
final class RateHeaders {
  private static final Duration MAX_RESET = Duration.ofDays(31);
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,15}");
  private static final Pattern SPAN =
      Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h|d)");
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");
  private static final Map<String, Double> NANOS_BY_UNIT =
      Map.of(
          "ns", 1.0, "us", 1e3, "µs", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9, "d",
          86_400e9);

  private RateHeaders() {}

  /** {@code x-ratelimit-remaining-tokens: 149984} and the like, with times such as 6m0s. */
  static List<RateHint> openAi(HttpHeaders headers) {
    List<RateHint> hints = new ArrayList<>();
    for (Dimension dimension : List.of(Dimension.REQUESTS, Dimension.TOKENS)) {
      String end = "-" + name(dimension);
      hint(
              dimension,
              headers.firstValue("x-ratelimit-limit" + end),
              headers.firstValue("x-ratelimit-remaining" + end),
              headers.firstValue("x-ratelimit-reset" + end).flatMap(RateHeaders::span))
          .ifPresent(hints::add);
    }
    return hints;
  }

  /** {@code anthropic-ratelimit-tokens-remaining: 50000} and the like, with times of RFC 3339. */
  static List<RateHint> anthropic(HttpHeaders headers, Instant now) {
    List<RateHint> hints = new ArrayList<>();
    for (Dimension dimension : Dimension.values()) {
      String start = "anthropic-ratelimit-" + name(dimension);
      hint(
              dimension,
              headers.firstValue(start + "-limit"),
              headers.firstValue(start + "-remaining"),
              headers.firstValue(start + "-reset").flatMap(text -> until(text, now)))
          .ifPresent(hints::add);
    }
    return hints;
  }

  private static String name(Dimension dimension) {
    return switch (dimension) {
      case REQUESTS -> "requests";
      case TOKENS -> "tokens";
      case INPUT_TOKENS -> "input-tokens";
      case OUTPUT_TOKENS -> "output-tokens";
    };
  }

  private static Optional<RateHint> hint(
      Dimension dimension,
      Optional<String> limit,
      Optional<String> remaining,
      Optional<Duration> reset) {
    return limit
        .flatMap(RateHeaders::count)
        .flatMap(
            most ->
                remaining
                    .flatMap(RateHeaders::count)
                    .map(left -> new RateHint(dimension, most, left, reset.orElse(Duration.ZERO))));
  }

  private static Optional<Long> count(String text) {
    return COUNT.matcher(text.strip()).matches()
        ? Optional.of(Long.parseLong(text.strip()))
        : Optional.empty();
  }

  /** A span such as {@code 1h2m3.5s} or {@code 120ms}; without a unit, seconds. */
  static Optional<Duration> span(String text) {
    String stripped = text.strip();
    if (SECONDS.matcher(stripped).matches()) {
      return Optional.of(nanos(Double.parseDouble(stripped) * 1e9));
    }
    Matcher matcher = SPAN.matcher(stripped);
    double nanos = 0;
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      nanos +=
          Double.parseDouble(matcher.group(1)) * NANOS_BY_UNIT.getOrDefault(matcher.group(2), 0.0);
      end = matcher.end();
    }
    return end == stripped.length() && end > 0 ? Optional.of(nanos(nanos)) : Optional.empty();
  }

  private static Duration nanos(double nanos) {
    return Duration.ofNanos((long) Math.min(nanos, (double) MAX_RESET.toNanos()));
  }

  private static Optional<Duration> until(String text, Instant now) {
    try {
      Duration wait = Duration.between(now, OffsetDateTime.parse(text.strip()).toInstant());
      if (wait.isNegative()) {
        return Optional.of(Duration.ZERO);
      }
      return Optional.of(wait.compareTo(MAX_RESET) > 0 ? MAX_RESET : wait);
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }
}
