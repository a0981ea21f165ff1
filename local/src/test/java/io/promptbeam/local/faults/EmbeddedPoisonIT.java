package io.promptbeam.local.faults;

import io.promptbeam.local.pubsub.EmbeddedPubsub;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;

/** {@link PoisonContract} over the embedded Pub/Sub. */
class EmbeddedPoisonIT extends PoisonContract {
  private final EmbeddedPubsub queue;

  EmbeddedPoisonIT() throws IOException {
    queue = EmbeddedPubsub.start();
  }

  @AfterEach
  void close() {
    queue.close();
  }

  @Override
  int port() {
    return Machines.portOf(queue.hostAndPort());
  }
}
