package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Log records as JSON, an object a line, with the fields that Cloud Logging understands. For
 * containers, whose files nobody sees.
 */
final class JsonLines extends Formatter {
  static boolean areWantedBy(Map<String, String> environment) {
    return "json".equals(environment.get("PROMPTBEAM_LOG"));
  }

  static Handler onStandardError() {
    ConsoleHandler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(new JsonLines());
    return handler;
  }

  @Override
  public String format(LogRecord logged) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("severity", severity(logged.getLevel()));
    line.put("time", logged.getInstant().toString());
    line.put("logger", logged.getLoggerName());
    line.put("message", formatMessage(logged) + trace(logged));
    return line + "\n";
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

  /** Below the message, where Error Reporting looks for it. */
  private static String trace(LogRecord logged) {
    if (logged.getThrown() == null) {
      return "";
    }
    StringWriter text = new StringWriter();
    logged.getThrown().printStackTrace(new PrintWriter(text, true));
    return "\n" + text;
  }
}
