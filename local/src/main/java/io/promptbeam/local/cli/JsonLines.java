package io.promptbeam.local.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.Stream;

/**
 * Log records as JSON, an object a line, with the fields of {@link LogField} and no other, as Cloud
 * Logging understands them. For containers, whose files nobody sees.
 */
final class JsonLines extends Formatter {
  /** Cloud Logging takes 256 KiB an entry; escaped, a character may have six bytes. */
  static final int MAX_MESSAGE_CHARS = 16 * 1024;

  /** In ASCII alone: whatever reads it by lines finds no other line break. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private final String service;
  private final String version;
  private final String tracePrefix;

  /**
   * @param environment names the service and, for traces, the Google Cloud project
   */
  JsonLines(Map<String, String> environment, String version) {
    this.version = version;
    service = first(environment, "OTEL_SERVICE_NAME", "K_SERVICE").orElse("promptbeam");
    tracePrefix =
        first(environment, "GOOGLE_CLOUD_PROJECT")
            .map(project -> "projects/" + project + "/traces/")
            .orElse("");
  }

  private static Optional<String> first(Map<String, String> environment, String... names) {
    return Stream.of(names)
        .flatMap(name -> Stream.ofNullable(environment.get(name)))
        .filter(value -> !value.isBlank())
        .findFirst();
  }

  static boolean areWantedBy(Map<String, String> environment) {
    return "json".equals(environment.get("PROMPTBEAM_LOG"));
  }

  static Handler onStandardError(Map<String, String> environment) {
    ConsoleHandler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(new JsonLines(environment, Main.version()));
    return handler;
  }

  @Override
  public String format(LogRecord logged) {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = FACTORY.createGenerator(line)) {
      json.writeStartObject();
      write(json, LogField.SEVERITY, severity(logged.getLevel()));
      write(json, LogField.TIME, logged.getInstant().toString());
      write(json, LogField.LOGGER, logged.getLoggerName());
      write(json, LogField.MESSAGE, cut(formatMessage(logged) + stackTrace(logged)));
      writeSpan(json, Span.fromContext(Context.current()).getSpanContext());
      json.writeObjectFieldStart(LogField.SERVICE.wireName());
      json.writeStringField("service", service);
      json.writeStringField("version", version);
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
    return line.append('\n').toString();
  }

  private static void write(JsonGenerator json, LogField field, String value) throws IOException {
    json.writeStringField(field.wireName(), value);
  }

  private void writeSpan(JsonGenerator json, SpanContext span) throws IOException {
    if (span.isValid()) {
      write(json, LogField.TRACE, tracePrefix + span.getTraceId());
      write(json, LogField.SPAN, span.getSpanId());
      json.writeBooleanField(LogField.SAMPLED.wireName(), span.isSampled());
    }
  }

  private static String cut(String message) {
    if (message.length() <= MAX_MESSAGE_CHARS) {
      return message;
    }
    boolean halves = Character.isHighSurrogate(message.charAt(MAX_MESSAGE_CHARS - 1));
    int kept = halves ? MAX_MESSAGE_CHARS - 1 : MAX_MESSAGE_CHARS;
    return message.substring(0, kept) + "... (" + (message.length() - kept) + " more characters)";
  }

  private static String severity(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    if (level.intValue() >= Level.WARNING.intValue()) {
      return "WARNING";
    }
    return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
  }

  private static String stackTrace(LogRecord logged) {
    if (logged.getThrown() == null) {
      return "";
    }
    StringWriter text = new StringWriter();
    logged.getThrown().printStackTrace(new PrintWriter(text, true));
    return "\n" + text;
  }
}
