package io.promptbeam.local.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a command talks to: results go to {@code out}, everything meant for a person to {@code err}.
 *
 * @param columns width of the terminal behind {@code err}; empty when it is none
 * @param environment the process's variables
 */
public record Terminal(
    InputStream in,
    PrintStream out,
    PrintStream err,
    OptionalInt columns,
    Map<String, String> environment) {
  /** The process's own, in UTF-8 whatever the locale says: results are JSON. */
  static Terminal ofProcess() {
    Map<String, String> environment = System.getenv();
    return new Terminal(
        System.in,
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        columns(environment.getOrDefault("PROMPTBEAM_COLUMNS", "")),
        environment);
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  private static OptionalInt columns(String text) {
    try {
      int columns = Integer.parseInt(text);
      return columns > 0 ? OptionalInt.of(columns) : OptionalInt.empty();
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Whether a question would find somebody who answers it. */
  boolean canAsk() {
    return "yes".equals(environment.get("PROMPTBEAM_CAN_ASK"));
  }

  /** Where Promptbeam keeps its logs. */
  Path logDirectory() {
    String home = environment.get("PROMPTBEAM_HOME");
    Path directory =
        home == null || home.isBlank()
            ? Path.of(System.getProperty("user.home"), ".promptbeam")
            : Path.of(home);
    return directory.resolve("logs").toAbsolutePath();
  }
}
