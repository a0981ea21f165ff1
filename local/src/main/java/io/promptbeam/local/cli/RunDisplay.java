package io.promptbeam.local.cli;

import io.promptbeam.job.JobError;
import io.promptbeam.local.run.InputLine;
import io.promptbeam.local.run.Progress;
import io.promptbeam.local.run.RunListener;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Shows a run on standard error: a bar on a terminal, a line now and then elsewhere. */
final class RunDisplay implements RunListener {
  private static final long PLAIN_EVERY_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int MAX_SHOWN_REJECTIONS = 20;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final Terminal terminal;
  private final Supplier<Map<String, JobError>> failingNow;
  private final Progress progress;
  private final Set<String> failing = new TreeSet<>();
  private long rejected;
  private OptionalLong nextPlainNanos = OptionalLong.empty();
  private boolean barShown;

  /**
   * @param failingNow models whose provider fails at the moment, and how
   */
  RunDisplay(Terminal terminal, Supplier<Map<String, JobError>> failingNow) {
    this.terminal = terminal;
    this.failingNow = failingNow;
    this.progress = new Progress(System::nanoTime, showsUnicode());
  }

  private static boolean showsUnicode() {
    String encoding = System.getProperty("native.encoding", "");
    return encoding.toUpperCase(Locale.ROOT).startsWith("UTF");
  }

  @Override
  public void onRejected(InputLine.Rejected line) {
    rejected++;
    if (rejected <= MAX_SHOWN_REJECTIONS) {
      line("promptbeam: line " + line.number() + ": " + line.reason());
    } else if (rejected == MAX_SHOWN_REJECTIONS + 1) {
      line("promptbeam: more lines are rejected; their results say why");
    }
  }

  /** Says once what keeps jobs waiting, and once that it is over. */
  private void sayFailing() {
    Map<String, JobError> failingModels = failingNow.get();
    failingModels.forEach(
        (model, error) -> {
          if (failing.add(model)) {
            line(
                "promptbeam: model "
                    + model
                    + " fails: "
                    + error.message()
                    + ". Its jobs wait and it is tried again; Ctrl-C ends this");
          }
        });
    failing.removeIf(
        model -> {
          boolean over = !failingModels.containsKey(model);
          if (over) {
            line("promptbeam: model " + model + " answers again");
          }
          return over;
        });
  }

  @Override
  public void onProgress(Progress.Counts counts) {
    sayFailing();
    if (terminal.columns().isPresent()) {
      PrintStream err = terminal.err();
      err.print(ERASE_LINE + progress.bar(counts, terminal.columns().getAsInt()));
      err.flush();
      barShown = true;
    } else {
      String text = progress.text(counts);
      long now = System.nanoTime();
      if (nextPlainNanos.isPresent() && now - nextPlainNanos.getAsLong() >= 0) {
        terminal.err().println(text);
        nextPlainNanos = OptionalLong.empty();
      }
      if (nextPlainNanos.isEmpty()) {
        nextPlainNanos = OptionalLong.of(now + PLAIN_EVERY_NANOS);
      }
    }
  }

  /** Prints lines below the bar, which stays as it is. */
  void finish(List<String> lines) {
    if (barShown) {
      terminal.err().println();
      barShown = false;
    }
    lines.forEach(terminal.err()::println);
  }

  private void line(String text) {
    if (barShown) {
      terminal.err().print(ERASE_LINE);
      barShown = false;
    }
    terminal.err().println(text);
  }
}
