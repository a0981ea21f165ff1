package io.promptbeam.local.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.logging.FileHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Sends all logging of this process to one file and none of it to the terminal. A file is rotated
 * once when it is full, and old files are removed, so logs never fill a disk.
 */
final class LogFile {
  private static final int MAX_BYTES = 50_000_000;
  private static final int GENERATIONS = 2;
  private static final long BYTES_PER_MIB = 1 << 20;
  private static final int KEPT_FILES = 40;
  private static final String FORMAT = "%1$tFT%1$tT.%1$tL %4$s %3$s: %5$s%6$s%n";

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  /** Loggers that speak up about nothing; held here, since loggers are only weakly reachable. */
  private static final List<Logger> QUIET =
      List.of(
          Logger.getLogger("io.grpc"),
          Logger.getLogger("io.netty"),
          Logger.getLogger("org.eclipse.jetty"),
          // It tells every path that is not there, whatever a caller put into it.
          Logger.getLogger("spark"),
          Logger.getLogger("com.google.cloud.bigtable"),
          Logger.getLogger("com.google.auth"),
          Logger.getLogger("org.apache.beam"));

  private LogFile() {}

  /** Takes the terminal away from the loggers. They say nothing until {@link #open}. */
  static void silenceTerminal() {
    System.setProperty("java.util.logging.SimpleFormatter.format", FORMAT);
    LogManager.getLogManager().reset();
    QUIET.forEach(logger -> logger.setLevel(Level.WARNING));
  }

  /**
   * Starts the log of this process: in a file, or where {@code PROMPTBEAM_LOG} is {@code json}, on
   * standard error.
   *
   * @return where it is, for a person
   * @throws CliException when the directory cannot be written
   */
  static String open(Terminal terminal, String verb) {
    if (JsonLines.areWantedBy(terminal.environment())) {
      Logger.getLogger("").addHandler(JsonLines.onStandardError(terminal.environment()));
      introduce(verb);
      return "standard error";
    }
    return open(terminal.logDirectory(), verb).toString();
  }

  /**
   * Starts the log of this process.
   *
   * @param verb names the file
   * @throws CliException when the directory cannot be written
   */
  static Path open(Path directory, String verb) {
    String name =
        verb
            + "-"
            + LocalDateTime.now(ZoneId.systemDefault()).format(STAMP)
            + "-"
            + ProcessHandle.current().pid();
    try {
      Files.createDirectories(directory);
      removeOldest(directory);
      // '%' starts a placeholder in a FileHandler's pattern.
      String pattern = directory.resolve(name).toString().replace("%", "%%") + ".%g.log";
      FileHandler handler = new FileHandler(pattern, MAX_BYTES, GENERATIONS, true);
      handler.setFormatter(new SimpleFormatter());
      handler.setEncoding("UTF-8");
      Logger.getLogger("").addHandler(handler);
    } catch (IOException e) {
      throw CliException.environment(
          "cannot write logs to "
              + directory
              + ". Set PROMPTBEAM_HOME to a directory that can be written.");
    }
    introduce(verb);
    return directory.resolve(name + ".0.log");
  }

  private static void introduce(String verb) {
    LoggerFactory.getLogger(LogFile.class)
        .info(
            "{}, {}, Java {}, {} processors, {} MiB heap at most",
            verb,
            Main.version(),
            Runtime.version(),
            Runtime.getRuntime().availableProcessors(),
            Runtime.getRuntime().maxMemory() / BYTES_PER_MIB);
  }

  private static void removeOldest(Path directory) throws IOException {
    List<Path> logs;
    try (Stream<Path> files = Files.list(directory)) {
      logs =
          files
              .filter(file -> file.getFileName().toString().endsWith(".log"))
              .sorted(Comparator.comparing((Path file) -> file.toFile().lastModified()).reversed())
              .toList();
    }
    for (Path old : logs.subList(Math.min(KEPT_FILES, logs.size()), logs.size())) {
      Files.deleteIfExists(old);
    }
  }
}
