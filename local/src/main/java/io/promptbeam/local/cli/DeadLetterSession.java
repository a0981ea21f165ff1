package io.promptbeam.local.cli;

import io.promptbeam.local.deadletter.DeadLetters;
import io.promptbeam.local.deadletter.DeadLetters.End;
import io.promptbeam.local.deadletter.PubsubDeadLetters;
import io.promptbeam.local.deadletter.QueueException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Function;

/** Goes through the dead letters for one verb; Ctrl-C gives everything back first. */
final class DeadLetterSession {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private DeadLetterSession() {}

  static End run(QueueOptions options, Terminal terminal, Function<DeadLetters, End> work) {
    try (PubsubDeadLetters queue = options.open(terminal)) {
      DeadLetters letters = new DeadLetters(queue, InstantSource.system(), PATIENCE);
      try (Interrupts interrupts = new Interrupts(letters::stop)) {
        End end = work.apply(letters);
        return interrupts.happened() ? End.STOPPED : end;
      }
    } catch (QueueException e) {
      throw CliException.environment(String.valueOf(e.getMessage()));
    }
  }

  /** Says so when not everything was seen. */
  static int exitCode(Terminal terminal, End end, int otherwise) {
    if (end == End.STOPPED) {
      terminal.err().println("Stopped. What was not done is where it was.");
      return ExitCodes.INTERRUPTED;
    }
    if (end == End.OUT_OF_TIME) {
      terminal
          .err()
          .println(
              "Stopped after " + PATIENCE.toMinutes() + " minutes. Run this again for the rest.");
    }
    return otherwise;
  }
}
