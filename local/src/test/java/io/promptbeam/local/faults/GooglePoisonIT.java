package io.promptbeam.local.faults;

import io.promptbeam.local.GooglePubsubEmulator;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;

/** {@link PoisonContract} over Google's emulator. */
class GooglePoisonIT extends PoisonContract {
  private final GooglePubsubEmulator queue;

  GooglePoisonIT() throws IOException {
    queue = GooglePubsubEmulator.startOrSkip();
  }

  @AfterEach
  void close() {
    queue.close();
  }

  @Override
  int port() {
    return queue.port();
  }
}
