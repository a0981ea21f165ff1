package io.promptbeam.local.cli;

import io.promptbeam.local.deadletter.DeadLetters.End;
import io.promptbeam.local.deadletter.Selection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes dead letters. */
@Command(
    name = "discard",
    header = "Remove messages the pipeline could not read, for good.",
    description = {"", "Shows what it found and asks before it acts."},
    footer = {
      "  promptbeam dead-letter discard 1268871935573",
      "  promptbeam dead-letter discard --all --reason not_json --yes"
    })
final class DeadLetterDiscardCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final QueueOptions queue = new QueueOptions();
  @Mixin private final DeadLetterChoice choice = new DeadLetterChoice();

  @Option(names = "--dry-run", description = "Only show what would be removed.")
  private boolean dryRun;

  @Mixin private final Confirmation confirmation = new Confirmation();

  DeadLetterDiscardCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Selection selection = choice.checked();
    if (!dryRun) {
      confirmation.requirePossible(terminal);
    }
    if (dryRun || !confirmation.given()) {
      DeadLetterChoice.Survey survey = new DeadLetterChoice.Survey();
      End end =
          DeadLetterSession.run(queue, terminal, letters -> letters.look(selection, survey::add));
      if (end == End.STOPPED) {
        return DeadLetterSession.exitCode(terminal, end, ExitCodes.OK);
      }
      if (survey.letters() == 0) {
        terminal.err().println("No dead letters match.");
        return selection.messageIds().isEmpty() ? ExitCodes.OK : ExitCodes.JOBS_FAILED;
      }
      survey.table().forEach(terminal.err()::println);
      if (dryRun) {
        terminal.err().println(String.format("%,d would be removed.", survey.letters()));
        return ExitCodes.OK;
      }
      if (!confirmation.ask(terminal, String.format("Remove %,d for good?", survey.letters()))) {
        terminal.err().println("Nothing was removed.");
        return ExitCodes.OK;
      }
    }
    Set<String> gone = new HashSet<>();
    End end =
        DeadLetterSession.run(
            queue,
            terminal,
            letters -> letters.discard(selection, letter -> gone.add(letter.messageId())));
    terminal.err().println(String.format("%,d removed.", gone.size()));
    int status = gone.containsAll(selection.messageIds()) ? ExitCodes.OK : ExitCodes.JOBS_FAILED;
    if (status != ExitCodes.OK) {
      terminal.err().println("promptbeam: not all of the ids were found");
    }
    return DeadLetterSession.exitCode(terminal, end, status);
  }
}
