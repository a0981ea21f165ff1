package io.promptbeam.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Follows a batch until it has ended, with a bar. Ctrl-C ends the command, not the batch. */
final class BatchWatch {
  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final long LONGEST_PAUSE_MILLIS = 2_000;

  private final Terminal terminal;
  private final BatchClient client;

  BatchWatch(Terminal terminal, BatchClient client) {
    this.terminal = terminal;
    this.client = client;
  }

  /** What it came to; when the process is told to end, what it is then. */
  JsonNode untilEnded(String id) {
    var display = new RunDisplay(terminal, Map::of);
    var told = new CountDownLatch(1);
    try (var interrupts = new Interrupts(told::countDown)) {
      long pause = FIRST_PAUSE_MILLIS;
      JsonNode batch = client.batch(id);
      while (!BatchView.hasEnded(batch) && !interrupts.happened()) {
        display.onProgress(BatchView.counts(batch));
        boolean over = told.await(pause, TimeUnit.MILLISECONDS);
        pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 3 / 2);
        batch = over ? batch : client.batch(id);
      }
      display.onProgress(BatchView.counts(batch));
      display.finish(
          BatchView.hasEnded(batch)
              ? List.of()
              : List.of("It goes on. Look again with: promptbeam batch status " + id));
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.environment("interrupted");
    }
  }
}
