package io.promptbeam.local.cli;

/** What the command's exit status says. Scripts branch on them: add, do not renumber. */
public final class ExitCodes {
  public static final int OK = 0;

  /** The command did its work, and some jobs did not complete. */
  public static final int JOBS_FAILED = 1;

  /** Wrong usage or bad input. */
  public static final int USAGE = 2;

  /** A port in use, no service, no disk space: not the command line's fault. */
  public static final int ENVIRONMENT = 3;

  /** Ended by Ctrl-C; 128 + SIGINT, as shells count. */
  public static final int INTERRUPTED = 130;

  private ExitCodes() {}
}
