package io.promptbeam.local.run;

/** Hears how a run goes, on the thread that called {@link FileRun#run}. */
public interface RunListener {
  /** A line cannot become a job; its result line is written. */
  void onRejected(InputLine.Rejected rejected);

  /** Called a few times a second. */
  void onProgress(Progress.Counts counts);
}
