package io.promptbeam.pipeline.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.promptbeam.pipeline.quota.RateHint;
import io.promptbeam.pipeline.quota.RateHint.Dimension;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateHeadersTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private static HttpHeaders headers(Map<String, String> values) {
    Map<String, List<String>> lists = new TreeMap<>();
    values.forEach((name, value) -> lists.put(name, List.of(value)));
    return HttpHeaders.of(lists, (name, value) -> true);
  }

  @ParameterizedTest
  @CsvSource({
    "1s, 1000",
    "6m0s, 360000",
    "120ms, 120",
    "1h2m3.5s, 3723500",
    "17.25ms, 17",
    "0s, 0",
    "2m59.56s, 179560",
    "1d, 86400000",
    "12, 12000",
    "0.5, 500",
    "999999999d, 2678400000",
  })
  void span_isRead(String text, long millis) {
    assertThat(RateHeaders.span(text).orElseThrow().toMillis()).isEqualTo(millis);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "soon", "1s!", "x1s", "1s 2m", "-1s", "1w"})
  void span_isNone_whenItMakesNoSense(String text) {
    assertThat(RateHeaders.span(text)).isEmpty();
  }

  @Test
  void openAi_saysWhatIsLeftOfRequestsAndTokens() {
    assertThat(
            RateHeaders.openAi(
                headers(
                    Map.of(
                        "x-ratelimit-limit-requests", "60",
                        "x-ratelimit-remaining-requests", "59",
                        "x-ratelimit-reset-requests", "1s",
                        "x-ratelimit-limit-tokens", "150000",
                        "x-ratelimit-remaining-tokens", "149984",
                        "x-ratelimit-reset-tokens", "6m0s"))))
        .containsExactly(
            new RateHint(Dimension.REQUESTS, 60, 59, Duration.ofSeconds(1)),
            new RateHint(Dimension.TOKENS, 150_000, 149_984, Duration.ofMinutes(6)));
  }

  @Test
  void anthropic_saysWhatIsLeftOfEachKind() {
    assertThat(
            RateHeaders.anthropic(
                headers(
                    Map.ofEntries(
                        Map.entry("anthropic-ratelimit-requests-limit", "1000"),
                        Map.entry("anthropic-ratelimit-requests-remaining", "999"),
                        Map.entry("anthropic-ratelimit-requests-reset", "2026-11-23T12:00:30Z"),
                        Map.entry("anthropic-ratelimit-tokens-limit", "96000"),
                        Map.entry("anthropic-ratelimit-tokens-remaining", "0"),
                        Map.entry("anthropic-ratelimit-tokens-reset", "2026-11-23T13:01:00+01:00"),
                        Map.entry("anthropic-ratelimit-input-tokens-limit", "80000"),
                        Map.entry("anthropic-ratelimit-input-tokens-remaining", "79000"),
                        Map.entry("anthropic-ratelimit-input-tokens-reset", "2026-11-23T11:59:00Z"),
                        Map.entry("anthropic-ratelimit-output-tokens-limit", "16000"),
                        Map.entry("anthropic-ratelimit-output-tokens-remaining", "15000"),
                        Map.entry("anthropic-ratelimit-output-tokens-reset", "soon"))),
                NOW))
        .containsExactly(
            new RateHint(Dimension.REQUESTS, 1_000, 999, Duration.ofSeconds(30)),
            new RateHint(Dimension.TOKENS, 96_000, 0, Duration.ofMinutes(1)),
            new RateHint(Dimension.INPUT_TOKENS, 80_000, 79_000, Duration.ZERO),
            new RateHint(Dimension.OUTPUT_TOKENS, 16_000, 15_000, Duration.ZERO));
  }

  @Test
  void hints_areLeftOut_whenHalfOfThemIsMissingOrWrong() {
    assertThat(
            RateHeaders.openAi(
                headers(
                    Map.of(
                        "x-ratelimit-limit-requests", "60",
                        "x-ratelimit-limit-tokens", "-1",
                        "x-ratelimit-remaining-tokens", "5"))))
        .isEmpty();
  }
}
