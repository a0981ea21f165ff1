package io.promptbeam.local.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command end cleanly when its process is told to, by Ctrl-C or by TERM: the process ends
 * when the command closes this, or after some seconds, with the signal's own status.
 */
final class Interrupts implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean interrupted;

  /** Runs {@code stop} on a thread of its own when the process is told to end. */
  Interrupts(Runnable stop) {
    hook = new Thread(() -> interrupted(stop), "interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void interrupted(Runnable stop) {
    interrupted = true;
    stop.run();
    try {
      if (!closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        Runtime.getRuntime().halt(ExitCodes.INTERRUPTED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the process was told to end. */
  boolean happened() {
    return interrupted;
  }

  /** The command has cleaned up. */
  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook runs.
    }
  }
}
