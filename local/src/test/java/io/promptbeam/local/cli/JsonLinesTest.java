package io.promptbeam.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class JsonLinesTest {
  private static final Map<String, String> NOTHING = Map.of();

  private static String line(Map<String, String> environment, LogRecord logged) {
    return new JsonLines(environment, "promptbeam 1.2.3").format(logged);
  }

  private static JsonNode read(String line) throws Exception {
    assertThat(line).endsWith("\n");
    return new ObjectMapper().readTree(line);
  }

  @Test
  void record_isOneLineWithItsSeverity_whateverIsInIt() throws Exception {
    LogRecord logged =
        new LogRecord(Level.SEVERE, "a \"quoted\"\r\nmessage\u2028\u0085\u000b\u000cé");
    logged.setInstant(Instant.parse("2026-11-01T12:00:00.123Z"));
    logged.setLoggerName("io.promptbeam.Some");
    logged.setThrown(new IllegalStateException("cause"));
    String line = line(NOTHING, logged);
    assertThat(line.substring(0, line.length() - 1).chars()).allMatch(c -> c >= ' ' && c < 0x7F);
    JsonNode read = read(line);
    assertThat(read.path("severity").asText()).isEqualTo("ERROR");
    assertThat(read.path("time").asText()).isEqualTo("2026-11-01T12:00:00.123Z");
    assertThat(read.path("logger").asText()).isEqualTo("io.promptbeam.Some");
    assertThat(read.path("message").asText())
        .startsWith(logged.getMessage() + "\njava.lang.IllegalStateException: cause\n\tat ");
    assertThat(read.path("serviceContext").toString())
        .isEqualTo("{\"service\":\"promptbeam\",\"version\":\"promptbeam 1.2.3\"}");
  }

  @Test
  void record_hasNoFieldBesideThoseListed_whateverHangsOnIt() throws Exception {
    LogRecord logged = new LogRecord(Level.INFO, "text {0}");
    logged.setParameters(new Object[] {"first", Map.of("prompt", "SECRET")});
    logged.setSourceClassName("SECRET");
    logged.setSourceMethodName("SECRET");
    logged.setLoggerName("x");
    MDC.put("prompt", "SECRET");
    try {
      String line = Context.root().with(span()).wrapSupplier(() -> line(NOTHING, logged)).get();
      List<String> names = new ArrayList<>();
      read(line).fieldNames().forEachRemaining(names::add);
      assertThat(names)
          .containsExactlyElementsOf(
              Arrays.stream(LogField.values()).map(LogField::wireName).toList());
      assertThat(line).doesNotContain("SECRET").contains("text first");
    } finally {
      MDC.remove("prompt");
    }
  }

  private static Span span() {
    return Span.wrap(
        SpanContext.create(
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            TraceFlags.getSampled(),
            TraceState.getDefault()));
  }

  @Test
  void record_namesTheSpanItWasWrittenIn_asCloudLoggingNamesTraces() throws Exception {
    LogRecord logged = new LogRecord(Level.INFO, "x");
    logged.setLoggerName("x");
    var environment = Map.of("GOOGLE_CLOUD_PROJECT", "acme", "OTEL_SERVICE_NAME", "llm");
    JsonNode within =
        read(Context.root().with(span()).wrapSupplier(() -> line(environment, logged)).get());
    assertThat(within.path("logging.googleapis.com/trace").asText())
        .isEqualTo("projects/acme/traces/0af7651916cd43dd8448eb211c80319c");
    assertThat(within.path("logging.googleapis.com/spanId").asText()).isEqualTo("b7ad6b7169203331");
    assertThat(within.path("logging.googleapis.com/trace_sampled").asBoolean()).isTrue();
    assertThat(within.path("serviceContext").path("service").asText()).isEqualTo("llm");
    JsonNode outside = read(line(environment, logged));
    assertThat(outside.has("logging.googleapis.com/trace")).isFalse();
    assertThat(outside.has("logging.googleapis.com/spanId")).isFalse();
  }

  @Test
  void message_isCut_beforeCloudLoggingRefusesIt() throws Exception {
    LogRecord logged =
        new LogRecord(
            Level.INFO, "x".repeat(JsonLines.MAX_MESSAGE_CHARS - 1) + "😀".repeat(100_000));
    logged.setLoggerName("x");
    String line = line(NOTHING, logged);
    assertThat(line.length()).isLessThan(256 * 1024);
    assertThat(read(line).path("message").asText())
        .startsWith("xxx")
        .endsWith("x... (200000 more characters)");
    LogRecord widest = new LogRecord(Level.INFO, "\u0001".repeat(1_000_000));
    widest.setLoggerName("x");
    assertThat(line(NOTHING, widest).length()).isLessThan(256 * 1024);
  }

  @Test
  void levels_becomeCloudLoggingsSeverities() throws Exception {
    assertThat(severity(Level.WARNING)).isEqualTo("WARNING");
    assertThat(severity(Level.INFO)).isEqualTo("INFO");
    assertThat(severity(Level.FINE)).isEqualTo("DEBUG");
  }

  private static String severity(Level level) throws Exception {
    return read(line(NOTHING, new LogRecord(level, "x"))).path("severity").asText();
  }
}
