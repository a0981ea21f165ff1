package io.promptbeam.local.cli;

/** Ends the command with one line on standard error. The message says what to do. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private CliException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The user asked for something that cannot be done. */
  public static CliException usage(String message) {
    return new CliException(ExitCodes.USAGE, message);
  }

  /** Something outside the command is not as it must be: a port, a service, a disk. */
  public static CliException environment(String message) {
    return new CliException(ExitCodes.ENVIRONMENT, message);
  }

  /** The job the command asks about did not complete. */
  public static CliException jobsFailed(String message) {
    return new CliException(ExitCodes.JOBS_FAILED, message);
  }

  public int exitCode() {
    return exitCode;
  }
}
