package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SinceTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "90s, 2026-11-23T09:58:30Z",
    "30m, 2026-11-23T09:30:00Z",
    "2h, 2026-11-23T08:00:00Z",
    "7d, 2026-11-16T10:00:00Z",
    "2026-11-01T00:00:00+01:00, 2026-10-31T23:00:00Z"
  })
  void since_isADurationOrATime(String text, Instant expected) {
    assertThat(Since.parse(text, NOW)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yesterday", "2w", "-1h", "2026-11-01", "99999999999h"})
  void since_isRefused_whenItIsNeither(String text) {
    assertThatThrownBy(() -> Since.parse(text, NOW))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("--since");
  }

  @Test
  void since_mayBeLongAgo() {
    assertThat(Since.parse("999999d", NOW)).isBefore(NOW);
  }
}
