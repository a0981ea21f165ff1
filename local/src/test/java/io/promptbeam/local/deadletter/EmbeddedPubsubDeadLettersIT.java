package io.promptbeam.local.deadletter;

import io.promptbeam.local.pubsub.EmbeddedPubsub;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class EmbeddedPubsubDeadLettersIT extends DeadLettersContract {
  private static @Nullable EmbeddedPubsub server;

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedPubsub.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Override
  int port() {
    if (server == null) {
      throw new IllegalStateException("not started");
    }
    return server.port();
  }
}
