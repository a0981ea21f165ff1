package io.promptbeam.local.docs;

import java.util.ArrayList;
import java.util.List;

/**
 * One command of a fenced block, with its continuation lines joined and its comments left out.
 *
 * @param line of the page, from 1
 */
record ShellCommand(String page, int line, String text) {
  private static final String PROMPT = "$ ";

  /** Of a block of commands; of one that shows a terminal, the lines after a prompt. */
  static List<ShellCommand> of(Pages.Fence fence) {
    boolean terminal = fence.language().equals("console");
    List<ShellCommand> commands = new ArrayList<>();
    for (int i = 0; i < fence.lines().size(); i++) {
      String first = fence.lines().get(i);
      if (terminal && !first.startsWith(PROMPT)) {
        continue;
      }
      int line = fence.line() + 1 + i;
      Scan scan = new Scan();
      scan.take(terminal ? first.substring(PROMPT.length()) : first);
      while (scan.goesOn() && i + 1 < fence.lines().size()) {
        i++;
        scan.take(fence.lines().get(i));
      }
      String text = scan.text();
      if (!text.isEmpty()) {
        commands.add(new ShellCommand(fence.page(), line, text));
      }
    }
    return commands;
  }

  String where() {
    return page + ":" + line;
  }

  /** Knows as much of the shell's quoting as it takes to find the end of a command. */
  private static final class Scan {
    private static final char NONE = 0;

    private final StringBuilder text = new StringBuilder();
    private char quote = NONE;
    private boolean continued;

    void take(String line) {
      if (quote != NONE) {
        text.append('\n');
      }
      continued = false;
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        if (c == '\\' && quote != '\'') {
          if (i + 1 == line.length()) {
            continued = true;
          } else {
            text.append(c).append(line.charAt(++i));
          }
        } else if (quote != NONE) {
          quote = c == quote ? NONE : quote;
          text.append(c);
        } else if (c == '#' && (i == 0 || Character.isWhitespace(line.charAt(i - 1)))) {
          return;
        } else {
          quote = c == '\'' || c == '"' ? c : NONE;
          text.append(c);
        }
      }
    }

    boolean goesOn() {
      return continued || quote != NONE;
    }

    String text() {
      return text.toString().strip();
    }
  }
}
