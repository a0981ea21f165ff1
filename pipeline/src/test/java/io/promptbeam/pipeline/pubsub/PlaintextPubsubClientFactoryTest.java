package io.promptbeam.pipeline.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.beam.sdk.io.gcp.pubsub.PubsubClient;
import org.apache.beam.sdk.io.gcp.pubsub.PubsubOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

class PlaintextPubsubClientFactoryTest {
  private final PubsubOptions options = PipelineOptionsFactory.as(PubsubOptions.class);

  @Test
  void connection_isSharedAndClosed_withItsLastClient() throws Exception {
    PlaintextPubsubClientFactory factory = new PlaintextPubsubClientFactory("127.0.0.1", 9);
    PubsubClient one = factory.newClient(null, null, options);
    PubsubClient other =
        SerializableUtils.clone(factory).newClient(null, null, options, "http://ignored");
    assertThat(SharedConnection.openConnections()).isEqualTo(1);

    one.close();
    one.close();
    assertThat(SharedConnection.openConnections()).isEqualTo(1);

    other.close();
    assertThat(SharedConnection.openConnections()).isZero();
  }
}
