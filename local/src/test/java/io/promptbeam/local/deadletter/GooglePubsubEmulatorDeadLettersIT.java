package io.promptbeam.local.deadletter;

import io.promptbeam.local.GooglePubsubEmulator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class GooglePubsubEmulatorDeadLettersIT extends DeadLettersContract {
  private static @Nullable GooglePubsubEmulator emulator;

  @BeforeAll
  static void start() throws Exception {
    emulator = GooglePubsubEmulator.startOrSkip();
  }

  @AfterAll
  static void stop() {
    if (emulator != null) {
      emulator.close();
    }
  }

  @Override
  int port() {
    if (emulator == null) {
      throw new IllegalStateException("not started");
    }
    return emulator.port();
  }
}
