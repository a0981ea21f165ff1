package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.protobuf.ByteString;
import com.google.pubsub.v1.PubsubMessage;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EmbeddedPubsubIT extends PubsubContract {
  private static EmbeddedPubsub server;

  @BeforeAll
  static void start() throws Exception {
    server = EmbeddedPubsub.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  int port() {
    return server.port();
  }

  /** As the service does; Google's emulator takes more. */
  @Test
  void publishing_fails_whenMessageIsOver10Megabytes() {
    PubsubMessage oversize =
        PubsubMessage.newBuilder().setData(ByteString.copyFrom(new byte[10_000_001])).build();

    assertThatThrownBy(() -> publishAlone(oversize)).isInstanceOf(InvalidArgumentException.class);
  }

  @Test
  void starting_fails_whenPortIsInUse() {
    assertThatThrownBy(() -> EmbeddedPubsub.start(server.port()).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(Integer.toString(server.port()));
  }
}
