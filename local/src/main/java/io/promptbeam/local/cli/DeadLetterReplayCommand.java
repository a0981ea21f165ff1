package io.promptbeam.local.cli;

import io.promptbeam.local.deadletter.DeadLetters.End;
import io.promptbeam.local.deadletter.ReplayTally;
import io.promptbeam.local.deadletter.Selection;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends dead letters to the jobs topic again. */
@Command(
    name = "replay",
    header = "Send messages the pipeline could not read to it again.",
    description = {
      "",
      "For messages whose cause is removed: a model that is configured now, a pipeline that is"
          + " newer. Each goes to the jobs topic as it first came, and is removed here when"
          + " Pub/Sub has it there. Replaying twice is harmless: a job runs once.",
      "",
      "A message that still cannot be read comes back as a new dead letter, with a new id. A"
          + " truncated one is refused, since its end is lost.",
      "",
      "--all shows what it found and asks before it acts."
    },
    footer = {
      "  promptbeam dead-letter replay --all --reason unknown_model --dry-run",
      "  promptbeam dead-letter replay --all --reason unknown_model --yes",
      "  promptbeam dead-letter replay 1268871935573"
    })
final class DeadLetterReplayCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final QueueOptions queue = new QueueOptions();
  @Mixin private final DeadLetterChoice choice = new DeadLetterChoice();

  @Option(names = "--dry-run", description = "Only show what would be replayed.")
  private boolean dryRun;

  @Mixin private final Confirmation confirmation = new Confirmation();

  DeadLetterReplayCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Selection selection = choice.checked();
    boolean ask = choice.isAll() && !confirmation.given();
    if (ask && !dryRun) {
      confirmation.requirePossible(terminal);
    }
    if (ask || dryRun) {
      DeadLetterChoice.Survey survey = new DeadLetterChoice.Survey();
      End end =
          DeadLetterSession.run(queue, terminal, letters -> letters.look(selection, survey::add));
      if (end == End.STOPPED) {
        return DeadLetterSession.exitCode(terminal, end, ExitCodes.OK);
      }
      int replayable = survey.letters() - survey.truncated();
      if (survey.letters() == 0) {
        terminal.err().println("No dead letters match.");
        return ExitCodes.OK;
      }
      survey.table().forEach(terminal.err()::println);
      if (dryRun) {
        terminal.err().println(count(replayable) + " would be replayed.");
        return ExitCodes.OK;
      }
      if (!confirmation.ask(terminal, "Replay " + count(replayable) + "?")) {
        terminal.err().println("Nothing was replayed.");
        return ExitCodes.OK;
      }
    }
    return replay(selection);
  }

  private int replay(Selection selection) {
    ReplayTally tally = new ReplayTally();
    boolean finished = false;
    try {
      End end = DeadLetterSession.run(queue, terminal, letters -> letters.replay(selection, tally));
      finished = true;
      int status = report(selection, tally, end);
      return DeadLetterSession.exitCode(terminal, end, status);
    } finally {
      if (!finished) {
        terminal
            .err()
            .println(
                count(tally.replayed())
                    + " replayed before it failed. Some more may be on the jobs topic already;"
                    + " replaying them again is harmless.");
      }
    }
  }

  private int report(Selection selection, ReplayTally tally, End end) {
    for (String id : tally.truncated()) {
      terminal
          .err()
          .println("promptbeam: " + id + " is truncated and cannot be replayed; submit it anew");
    }
    int missing = 0;
    if (end == End.SEEN_ALL || end == End.OUT_OF_TIME) {
      for (String id : selection.messageIds()) {
        if (!tally.found(id)) {
          missing++;
          terminal
              .err()
              .println(
                  "promptbeam: "
                      + id
                      + " was not found: it is gone, or another reader has it at the moment");
        }
      }
    }
    terminal
        .err()
        .println(
            count(tally.replayed())
                + " replayed."
                + (tally.replayed() > 0
                    ? " What still cannot be read comes back in a while: promptbeam dead-letter list"
                    : ""));
    if (tally.copies() > 0) {
      terminal
          .err()
          .println(
              count(tally.copies())
                  + " left: the same content was replayed just now. If it came back, it still"
                  + " cannot be read; the list says why.");
    }
    boolean allWell = tally.truncated().isEmpty() && missing == 0 && tally.copies() == 0;
    return allWell ? ExitCodes.OK : ExitCodes.JOBS_FAILED;
  }

  private static String count(int letters) {
    return String.format("%,d dead %s", letters, letters == 1 ? "letter" : "letters");
  }
}
