package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
  @Test
  void record_isOneLineWithItsSeverity_whateverIsInIt() throws Exception {
    LogRecord logged = new LogRecord(Level.SEVERE, "a \"quoted\"\nmessage");
    logged.setInstant(Instant.parse("2026-11-01T12:00:00.123Z"));
    logged.setLoggerName("io.promptbeam.Some");
    logged.setThrown(new IllegalStateException("cause"));
    String line = new JsonLines().format(logged);
    assertThat(line).endsWith("\n");
    assertThat(line.strip()).doesNotContain("\n");
    JsonNode read = new ObjectMapper().readTree(line);
    assertThat(read.path("severity").asText()).isEqualTo("ERROR");
    assertThat(read.path("time").asText()).isEqualTo("2026-11-01T12:00:00.123Z");
    assertThat(read.path("logger").asText()).isEqualTo("io.promptbeam.Some");
    assertThat(read.path("message").asText())
        .startsWith("a \"quoted\"\nmessage\njava.lang.IllegalStateException: cause\n\tat ");
  }

  @Test
  void levels_becomeCloudLoggingsSeverities() throws Exception {
    assertThat(severity(Level.WARNING)).isEqualTo("WARNING");
    assertThat(severity(Level.INFO)).isEqualTo("INFO");
    assertThat(severity(Level.FINE)).isEqualTo("DEBUG");
  }

  private static String severity(Level level) throws Exception {
    return new ObjectMapper()
        .readTree(new JsonLines().format(new LogRecord(level, "x")))
        .path("severity")
        .asText();
  }
}
