package io.promptbeam.local.stack;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Everything this process logs while it is open: ours and Beam's to the last detail. */
final class KeptLogs extends Handler implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final SimpleFormatter formatter = new SimpleFormatter();
  private final Map<Logger, Level> before = new ConcurrentHashMap<>();

  KeptLogs() {
    setLevel(Level.ALL);
    Logger.getLogger("").addHandler(this);
    for (String name : List.of("io.promptbeam", "org.apache.beam.sdk.io.gcp.pubsub")) {
      Logger logger = Logger.getLogger(name);
      before.put(logger, logger.getLevel() == null ? Level.INFO : logger.getLevel());
      logger.setLevel(Level.ALL);
    }
  }

  @Override
  public void publish(LogRecord log) {
    StringWriter text = new StringWriter();
    text.append(log.getLoggerName()).append(' ').append(formatter.formatMessage(log));
    if (log.getThrown() != null) {
      log.getThrown().printStackTrace(new PrintWriter(text));
    }
    lines.add(text.toString());
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    Logger.getLogger("").removeHandler(this);
    before.forEach(Logger::setLevel);
  }
}
