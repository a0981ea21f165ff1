package io.promptbeam.local.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.promptbeam.message.PubsubNames;
import io.promptbeam.message.PubsubTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.InstantSource;
import org.apache.beam.sdk.PipelineResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddedPubsubPipelineIT extends PubsubPipelineContract {
  private EmbeddedPubsub server;

  @BeforeEach
  void start() throws Exception {
    server = EmbeddedPubsub.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Override
  int port() {
    return server.port();
  }

  @Test
  void pipeline_goesOn_whenTheServerWasAwayForAWhile() throws Exception {
    int port = port();
    createTopologyFromTwoProcesses();
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    PipelineResult running = run();
    try {
      publish(channel, 0, 100);
      awaitOutput(running, channel, 0, 100);

      server.close();
      refuseConnections(port, 3);
      server = EmbeddedPubsub.start(port, broker());

      ManagedChannel fresh =
          ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
      try {
        publish(fresh, 100, 200);
        awaitOutput(running, fresh, 100, 200);
      } finally {
        fresh.shutdownNow();
      }
      assertThat(running.getState()).isEqualTo(PipelineResult.State.RUNNING);
    } finally {
      running.cancel();
      channel.shutdownNow();
    }
  }

  /** Until the pipeline has tried so often that it cannot have missed the outage. */
  private static void refuseConnections(int port, int times) throws IOException {
    try (ServerSocket socket = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < times; i++) {
        socket.accept().close();
      }
    }
  }

  private static Broker broker() {
    Broker broker = new Broker(InstantSource.system());
    PubsubNames names = PubsubNames.DEFAULT;
    add(broker, names.jobsTopic(), names.jobsSubscription());
    add(broker, names.deadLettersTopic(), names.deadLettersSubscription());
    return broker;
  }

  private static void add(Broker broker, String topicId, String subscriptionId) {
    String project = PubsubTarget.DEFAULT_LOCAL_PROJECT;
    String topic = PubsubNames.topicPath(project, topicId);
    broker.createTopic(Topic.newBuilder().setName(topic).build());
    broker.createSubscription(
        Subscription.newBuilder()
            .setName(PubsubNames.subscriptionPath(project, subscriptionId))
            .setTopic(topic)
            .setAckDeadlineSeconds(60)
            .build());
  }
}
