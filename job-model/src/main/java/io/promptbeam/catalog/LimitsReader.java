package io.promptbeam.catalog;

import java.util.List;

/** Reads the limits of a model or an account. */
final class LimitsReader {
  static final List<String> FIELDS =
      List.of(
          "requests_per_minute",
          "tokens_per_minute",
          "input_tokens_per_minute",
          "output_tokens_per_minute",
          "max_in_flight");

  static final long MAX_REQUESTS_PER_MINUTE = 1_000_000_000L;
  static final long MAX_IN_FLIGHT = 100_000;
  static final long MAX_TOKENS_PER_MINUTE = 1_000_000_000_000L;

  private LimitsReader() {}

  static RateLimits read(YamlMapping fields) {
    return new RateLimits(
        perMinute(fields, "requests_per_minute", MAX_REQUESTS_PER_MINUTE),
        perMinute(fields, "tokens_per_minute", MAX_TOKENS_PER_MINUTE),
        perMinute(fields, "input_tokens_per_minute", MAX_TOKENS_PER_MINUTE),
        perMinute(fields, "output_tokens_per_minute", MAX_TOKENS_PER_MINUTE),
        fields
            .wholeNumber("max_in_flight", 1, MAX_IN_FLIGHT)
            .map(Math::toIntExact)
            .orElse(RateLimits.UNLIMITED_IN_FLIGHT));
  }

  private static long perMinute(YamlMapping fields, String field, long max) {
    return fields.wholeNumber(field, 1, max).orElse(RateLimits.UNLIMITED);
  }
}
