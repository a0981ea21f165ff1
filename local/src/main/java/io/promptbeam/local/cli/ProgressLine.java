package io.promptbeam.local.cli;

import java.time.Duration;

/** One line that says how far work is: rewritten on a terminal, now and then elsewhere. */
final class ProgressLine {
  private static final long PLAIN_EVERY_NANOS = Duration.ofSeconds(5).toNanos();
  private static final String ERASE_LINE = "\r\u001b[K";

  private final Terminal terminal;
  private long nextPlainNanos = System.nanoTime() + PLAIN_EVERY_NANOS;
  private boolean shown;

  ProgressLine(Terminal terminal) {
    this.terminal = terminal;
  }

  void show(String text) {
    if (terminal.columns().isPresent()) {
      terminal.err().print(ERASE_LINE + text);
      terminal.err().flush();
      shown = true;
    } else if (System.nanoTime() - nextPlainNanos >= 0) {
      terminal.err().println(text);
      nextPlainNanos = System.nanoTime() + PLAIN_EVERY_NANOS;
    }
  }

  /** Leaves nothing of it on a terminal. */
  void clear() {
    if (shown) {
      terminal.err().print(ERASE_LINE);
      terminal.err().flush();
      shown = false;
    }
  }
}
