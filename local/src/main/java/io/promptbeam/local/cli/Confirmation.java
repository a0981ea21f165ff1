package io.promptbeam.local.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Asks before a verb does what cannot be undone, or costs money. */
final class Confirmation {
  @Option(names = "--yes", description = "Do not ask. Needed where nobody can answer.")
  private boolean yes;

  boolean given() {
    return yes;
  }

  /**
   * Finds out before any work is done.
   *
   * @throws CliException when the answer is neither given nor can be asked for
   */
  void requirePossible(Terminal terminal) {
    if (!yes && !terminal.canAsk()) {
      throw CliException.usage(
          "this asks before it acts, and there is no terminal to ask on. Look with --dry-run,"
              + " then repeat it with --yes");
    }
  }

  /** Whether to go on. Blocks until it is known. */
  boolean ask(Terminal terminal, String question) {
    if (yes) {
      return true;
    }
    requirePossible(terminal);
    terminal.err().print(question + " [y/N] ");
    terminal.err().flush();
    try {
      String answer =
          new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8))
              .readLine();
      return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
    } catch (IOException e) {
      return false;
    }
  }
}
