package io.promptbeam.local.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits while a server serves, until the process is told to end. Close it when all is closed. */
final class Serving implements AutoCloseable {
  private static final long LOOK_MILLIS = 500;

  private final Terminal terminal;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Interrupts interrupts = new Interrupts(stopped::countDown);

  Serving(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Answers the exit status, when told to stop or when {@code broken} is true. */
  int untilStopped(BooleanSupplier broken) throws InterruptedException {
    while (!stopped.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      if (broken.getAsBoolean()) {
        throw CliException.environment("the pipeline ended by itself; the log says why");
      }
    }
    terminal.err().println();
    terminal.err().println("Stopping: calls in flight may end...");
    return ExitCodes.INTERRUPTED;
  }

  @Override
  public void close() {
    interrupts.close();
  }
}
